import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '#domain/canonical-json';
import {
  LINEAGE_DATASETS_MAX,
  LINEAGE_DEPTH_MAX,
  LINEAGE_FACETS_MAX,
  LINEAGE_FAULTS_MAX,
} from '#lineage/lineage-limits';
import { readLineageEvent } from '#lineage/read-lineage-event';
import {
  facet,
  faultsOf,
  placesOf,
  RUN_ID,
  runDocument,
  runEvent,
} from '#test/lineage/lineage-events';

const { run: _run, ...STATIC } = runDocument();
const { eventTime = null, producer = null, schemaURL = null } = STATIC;
const BASE: JsonObject = { eventTime, producer, schemaURL };
const dataset: JsonObject = { namespace: 'warehouse', name: 'orders', facets: { schema: facet() } };
const DATASET: JsonObject = { ...BASE, dataset };

describe('readLineageEvent() of right events', () => {
  it('gives names, facets and times of a run event, and keeps members it does not know', () => {
    const inputs = [
      { namespace: 'kafka://host', name: 't', inputFacets: { x: facet() }, mine: [1, null] },
    ];
    const document = runDocument({
      inputs,
      eventTime: '2026-01-31T13:00:00+01:00',
      mine: { a: 1 },
    });
    const event = runEvent(document);
    expect(event).toMatchObject({
      kind: 'run',
      type: 'START',
      runId: RUN_ID,
      time: '2026-01-31T12:00:00.000000000Z',
      job: { namespace: 'scheduler', name: 'load.orders', facets: {} },
      inputs: [{ namespace: 'kafka://host', name: 't', facets: {}, runFacets: { x: facet() } }],
      outputs: [],
    });
    expect(event.document).toEqual(document);
  });

  it('tells run, job and dataset events apart', () => {
    const kindOf = (value: JsonObject) => {
      const read = readLineageEvent(value);
      return read.kind === 'event' ? read.event.kind : read.faults;
    };
    expect(kindOf(runDocument())).toBe('run');
    expect(kindOf(runDocument({ dataset }))).toBe('run');
    expect(kindOf(STATIC)).toBe('job');
    expect(kindOf(DATASET)).toBe('dataset');
    // The schema lets a run stand beside a dataset when there is no job.
    expect(kindOf({ ...DATASET, run: 5 })).toBe('dataset');
  });

  it('takes an event without a type for OTHER', () => {
    const { eventType: _, ...document } = runDocument();
    expect(readLineageEvent(document)).toMatchObject({ event: { type: 'OTHER' } });
  });

  it('knows deletions of facets of jobs and datasets only', () => {
    const facets = { mine: facet({ _deleted: 'perhaps' }) };
    const inputs = [{ namespace: 'a', name: 'b', inputFacets: facets }];
    expect(faultsOf(runDocument({ run: { runId: RUN_ID, facets }, inputs }))).toEqual([]);
  });

  it('reads a text and the value of it as the same event', () => {
    const document = runDocument({ outputs: [{ namespace: 'a', name: 'b' }] });
    const spaced = JSON.stringify(Object.fromEntries(Object.entries(document).reverse()), null, 3);
    const [text, value] = [readLineageEvent(spaced), readLineageEvent(document)];
    expect(text).toEqual(value);
  });

  it('keeps numbers that a double cannot keep as texts, digit by digit', () => {
    const text = JSON.stringify(runDocument({ run: { runId: RUN_ID, facets: { ice: facet() } } }));
    const long = text.replace(
      '"_producer"',
      '"id":3051729675574597004,"list":[-9007199254740993,1e999,1.5,"9007199254740993 \\" 1e999"],"_producer"',
    );
    const read = readLineageEvent(long);
    expect(read).toMatchObject({
      event: {
        runFacets: {
          ice: {
            id: '3051729675574597004',
            list: ['-9007199254740993', '1e999', 1.5, '9007199254740993 " 1e999'],
          },
        },
      },
    });
  });

  it('tells events apart that differ in one digit of a long number', () => {
    const text = (digit: number) =>
      JSON.stringify(runDocument({ mine: 0 })).replace(
        '"mine":0',
        `"mine":305172967557459700${digit}`,
      );
    const prints = [4, 5].map((digit) => {
      const read = readLineageEvent(text(digit));
      return read.kind === 'event' ? read.event.fingerprint : undefined;
    });
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(prints[0]).not.toBe(prints[1]);
  });
});

describe('readLineageEvent() of wrong events', () => {
  it.each<readonly [string, JsonObject, readonly string[]]>([
    ['no time', { eventTime: null }, ['schema /eventTime']],
    ['a time without an offset', { eventTime: '2026-01-31T12:00:00' }, ['schema /eventTime']],
    ['a day that is none', { eventTime: '2026-02-30T12:00:00Z' }, ['schema /eventTime']],
    ['a year beyond 9999', { eventTime: '9999-12-31T23:59:59-01:00' }, ['value /eventTime']],
    ['a run id that is no UUID', { run: { runId: 'run_id' } }, ['schema /run/runId']],
    ['a UUID in braces', { run: { runId: `{${RUN_ID}}` } }, ['schema /run/runId']],
    ['no run id', { run: {} }, ['schema /run/runId']],
    ['a run that is an array', { run: [] }, ['schema /run']],
    ['an unknown type', { eventType: 'DONE' }, ['schema /eventType']],
    ['a type in lower case', { eventType: 'start' }, ['schema /eventType']],
    ['a type that is null', { eventType: null }, ['schema /eventType']],
    ['a job without names', { job: {} }, ['schema /job/namespace', 'schema /job/name']],
    ['an empty job name', { job: { namespace: 'a', name: '' } }, ['value /job/name']],
    [
      'names too long',
      { job: { namespace: 'n'.repeat(1_025), name: 'n'.repeat(2_049) } },
      ['value /job/namespace', 'value /job/name'],
    ],
    ['inputs that are no array', { inputs: {} }, ['schema /inputs']],
    [
      'a dataset that is a text',
      { inputs: [{ namespace: 'a', name: 'b' }, 'c'] },
      ['schema /inputs/1'],
    ],
    ['a dataset without a name', { outputs: [{ namespace: 'a' }] }, ['schema /outputs/0/name']],
    [
      'a facet without its producer',
      { run: { runId: RUN_ID, facets: { 'a/b': { _schemaURL: 'x' } } } },
      ['schema /run/facets/a~1b/_producer'],
    ],
    [
      'a facet that is a text',
      { job: { namespace: 'a', name: 'b', facets: { f: 'x' } } },
      ['schema /job/facets/f'],
    ],
    [
      'a deletion that is no boolean',
      { job: { namespace: 'a', name: 'b', facets: { f: facet({ _deleted: 'yes' }) } } },
      ['schema /job/facets/f/_deleted'],
    ],
    [
      'wrong input facets',
      { inputs: [{ namespace: 'a', name: 'b', inputFacets: { f: null } }] },
      ['schema /inputs/0/inputFacets/f'],
    ],
    ['no producer', { producer: 5 }, ['schema /producer']],
    [
      'a schema URL too long',
      { schemaURL: `https://a/${'x'.repeat(2_048)}` },
      ['value /schemaURL'],
    ],
  ])('refuses %s and says where', (_name, members, places) => {
    expect(placesOf(runDocument(members))).toEqual(places);
  });

  it('tells all faults at once, each in one line of the same grammar', () => {
    const faults = faultsOf({ run: {}, job: 1, inputs: [1], eventType: 'X' });
    expect(faults.map(({ path }) => path)).toEqual([
      '/eventTime',
      '/producer',
      '/schemaURL',
      '/run/runId',
      '/eventType',
      '/job',
      '/inputs/0',
    ]);
    for (const { message } of faults) expect(message).toMatch(/^Cannot read .+: .+ \(want .+\)$/);
  });

  it('refuses an event that is none of the three kinds, or two of them', () => {
    expect(placesOf(BASE)).toEqual(['schema /run', 'schema /job']);
    expect(placesOf({ ...STATIC, dataset })).toEqual(['value /dataset']);
    expect(placesOf({ ...BASE, dataset: 1 })).toEqual(['schema /dataset']);
  });

  it.each(['', 'nothing', '{"a":1', '{"a":1,"a":2}', '\ufeff{}', '{"a":"\\ud800"}', '{"a":01}'])(
    'refuses %j as no JSON and says the line and column',
    (text) => {
      expect(faultsOf(text)).toEqual([
        { rule: 'syntax', path: '', message: expect.stringMatching(/, at line 1, column \d+$/) },
      ]);
    },
  );

  it.each(['[]', '5', 'null', '"text"'])('refuses %s, which is no object', (text) => {
    expect(placesOf(text)).toEqual(['schema ']);
  });
});

describe('readLineageEvent() of hostile events', () => {
  it('takes __proto__ and constructor for names like any other', () => {
    const named = JSON.stringify(runDocument()).replace(
      `"runId"`,
      `"facets":{"__proto__":${JSON.stringify(facet({ a: 1 }))},"constructor":${JSON.stringify(facet())}},"runId"`,
    );
    const read = readLineageEvent(named);
    if (read.kind !== 'event' || read.event.kind !== 'run') throw new Error('not read');
    expect(Object.keys(read.event.runFacets)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(read.event.runFacets)).toBe(Object.prototype);
    expect(placesOf(`{"__proto__":${JSON.stringify(runDocument())}}`)).toContain(
      'schema /eventTime',
    );
  });

  it('refuses more facets and datasets than the limits, in one fault each', () => {
    const facets = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, facet()]));
    const many = Array.from({ length: LINEAGE_DATASETS_MAX + 1 }, () => ({}));
    expect(placesOf(runDocument({ run: { runId: RUN_ID, facets }, inputs: many }))).toEqual([
      'value /run/facets',
      'value /inputs',
    ]);
    const allowed = Object.fromEntries(Object.entries(facets).slice(0, LINEAGE_FACETS_MAX));
    const most = Array.from({ length: LINEAGE_DATASETS_MAX }, (_, n) => ({
      namespace: 'n',
      name: `${n}`,
    }));
    expect(
      faultsOf(runDocument({ run: { runId: RUN_ID, facets: allowed }, outputs: most })),
    ).toEqual([]);
  });

  it('tells at most so many faults', () => {
    const inputs = Array.from({ length: 5_000 }, () => ({}));
    expect(faultsOf(runDocument({ inputs }))).toHaveLength(LINEAGE_FAULTS_MAX);
  });

  it('refuses what is nested too deep, as text and as value', () => {
    const nested = (depth: number): Json => (depth === 0 ? 1 : [nested(depth - 1)]);
    for (const depth of [LINEAGE_DEPTH_MAX, 150, 1_000]) {
      const document = runDocument({ deep: nested(depth) });
      expect(placesOf(document)).toEqual([depth === 1_000 ? 'syntax ' : 'value ']);
      expect(placesOf(JSON.stringify(document))).toEqual(['value ']);
    }
    expect(placesOf('['.repeat(1_000_000))).toEqual(['value ']);
    expect(faultsOf(runDocument({ deep: nested(LINEAGE_DEPTH_MAX - 1) }))).toEqual([]);
  });

  it('refuses more bytes than allowed, and shows no long text in a message', () => {
    const document = runDocument({ long: 'ä'.repeat(1_000) });
    expect(faultsOf(document, { bytesMax: 2_000 })).toMatchObject([{ rule: 'value' }]);
    expect(faultsOf(JSON.stringify(document), { bytesMax: 3_000 })).toEqual([]);
    const huge = 'x'.repeat(3_000_000);
    const faults = faultsOf(
      runDocument({ eventTime: huge, eventType: huge, run: { runId: huge } }),
    );
    expect(faults.length).toBeGreaterThanOrEqual(3);
    for (const { message } of faults) expect(message.length).toBeLessThan(300);
  });

  it('refuses values that JSON cannot hold', () => {
    expect(placesOf(runDocument({ bad: Number.NaN }))).toEqual(['syntax ']);
    expect(placesOf(runDocument({ bad: '\ud800' }))).toEqual(['syntax ']);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string()), (value) => {
        expect(readLineageEvent(value as Json).kind).toBe('refused');
      }),
    );
  });
});
