import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#domain/canonical-json';
import { definitionFingerprint } from '#domain/definition';
import { isRegistryError } from '#domain/errors';
import {
  IDEMPOTENCY_SCOPES,
  JOB_DATASETS_MAX,
  JOB_PROFILES_MAX,
  profilesOf,
  readJobDefinition,
} from '#domain/job-definition';
import { JOB_KINDS } from '#domain/job-run';
import { CONDITIONS_MAX, TRIGGER_TYPES } from '#domain/job-trigger';
import { SEVERITIES } from '#domain/severity';
import { faultsOf } from '#test/support/faults';
import { HOSTILE } from '#test/support/hostile';
import { jobOf } from '#test/support/jobs';

const read = (rest: Readonly<Record<string, unknown>>) => () => readJobDefinition(jobOf(rest));
const paths = (rest: Readonly<Record<string, unknown>>) =>
  faultsOf(read(rest)).map(({ path }) => path);
const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
const scheduled = { type: 'SCHEDULED', cron: '0 6 * * MON-FRI', timeZone: 'Europe/Berlin' };
const external = { type: 'EXTERNAL_EVENT', source: 'warehouse' };
const condition = { path: '/dataset/name', equals: 'orders' };

const whole = {
  name: 'Check orders',
  description: '',
  kind: 'profiling',
  contract: { name: 'order.placed', version: '1.2.0' },
  datasets: ['b/c', 'a'],
  trigger: { ...external, filter: { eventType: 't', subjectPrefix: 's', where: [condition] } },
  onSuccess: [{ id: 'store', version: 'latest' }],
  onFailure: [
    { id: 'alerts', version: 'v2' },
    { id: 'store', version: 'latest' },
  ],
  onAnomaly: [{ id: 'alerts', version: '1.0.0-rc.1' }],
  severityThreshold: 'critical',
  idempotencyScope: 'inputs',
  timeoutMs: 60_000,
  tags: ['b', 'a'],
  metadata: { owner: 'ada' },
};

describe('readJobDefinition()', () => {
  it('takes a definition with everything, and gives it in its one form', () => {
    const content = readJobDefinition(whole);
    expect(content).toEqual({ ...whole, datasets: ['a', 'b/c'], tags: ['a', 'b'] });
    expect(readJobDefinition(JSON.parse(canonicalJson(content)))).toEqual(content);
    expect(profilesOf(content).map(({ id, version }) => `${id}@${version}`)).toEqual([
      'store@latest',
      'alerts@v2',
      'alerts@1.0.0-rc.1',
    ]);
  });

  it('gives what is absent its default, so that both ways to say one thing have one fingerprint', () => {
    const short = read({})();
    const lists = { datasets: [], onSuccess: [], onFailure: [], onAnomaly: [], tags: [] };
    const full = { severityThreshold: 'error', idempotencyScope: 'none', timeoutMs: 3_600_000 };
    const long = read({ ...lists, ...full, metadata: {} })();
    expect(short).toEqual(long);
    expect(definitionFingerprint(short)).toBe(definitionFingerprint(long));
  });

  it('has another fingerprint for every member that changes', () => {
    const changes: readonly Readonly<Record<string, unknown>>[] = [
      {},
      { name: 'n' },
      { description: 'd' },
      { kind: 'load' },
      { contract: { name: 'order.placed', version: 'latest' } },
      { datasets: ['a'] },
      { trigger: scheduled },
      { trigger: { ...scheduled, timeZone: 'UTC' } },
      { onSuccess: [] },
      { onFailure: whole.onFailure.toReversed() },
      { onAnomaly: [] },
      { severityThreshold: 'info' },
      { idempotencyScope: 'day' },
      { timeoutMs: 60_001 },
      { tags: [] },
      { metadata: {} },
    ];
    const all = changes.map((change) =>
      definitionFingerprint(readJobDefinition({ ...whole, ...change })),
    );
    expect(new Set(all).size).toBe(changes.length);
  });

  it('takes every kind, severity and idempotency scope, and no other', () => {
    for (const kind of JOB_KINDS) expect(paths({ kind })).toEqual([]);
    for (const severityThreshold of SEVERITIES) expect(paths({ severityThreshold })).toEqual([]);
    for (const idempotencyScope of IDEMPOTENCY_SCOPES)
      expect(paths({ idempotencyScope })).toEqual([]);
    for (const wrong of ['', 'INFO', 'constructor', null, 1, ['info']]) {
      const rest = { kind: wrong, severityThreshold: wrong, idempotencyScope: wrong };
      expect(paths(rest)).toEqual(['/kind', '/severityThreshold', '/idempotencyScope']);
    }
  });

  it('names every fault with its path, all at once', () => {
    const faulty = {
      checkpoint: true,
      contract: { name: 'Order', version: '1.0', extra: 1 },
      datasets: ['ok', '../x', 7, 'ok'],
      trigger: { type: 'NEVER' },
      onSuccess: [{ id: 'a.v1', version: '1' }, { id: 'a' }, 'b', { id: 'c', version: 'Latest' }],
      onFailure: {},
      timeoutMs: 999,
    };
    expect(
      faultsOf(() => readJobDefinition(faulty))
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual([
      '/checkpoint',
      '/contract/extra',
      '/contract/name',
      '/contract/version',
      '/datasets/1',
      '/datasets/2',
      '/datasets/3',
      '/kind',
      '/name',
      '/onFailure',
      '/onSuccess/0/id',
      '/onSuccess/0/version',
      '/onSuccess/1/version',
      '/onSuccess/2',
      '/onSuccess/3/version',
      '/timeoutMs',
      '/trigger/type',
    ]);
  });

  it('refuses a profile twice for one end of a run, and takes two versions of it', () => {
    const one = { id: 'a', version: '1.0.0' };
    expect(paths({ onSuccess: [one, one] })).toEqual(['/onSuccess/1']);
    expect(paths({ onSuccess: [one, { ...one, version: 'latest' }], onFailure: [one] })).toEqual(
      [],
    );
  });

  it('takes the last that fits of everything that is counted, and refuses one more', () => {
    const profiles = (count: number) => many(count).map((id) => ({ id, version: 'latest' }));
    const where = (count: number) => many(count).map((name) => ({ path: `/${name}`, equals: 1 }));
    const equals = (count: number) => [{ path: '/a', equals: 'x'.repeat(count) }];
    const rows: readonly (readonly [number, string, (count: number) => object])[] = [
      [JOB_DATASETS_MAX, '/datasets', (n) => ({ datasets: many(n) })],
      [JOB_PROFILES_MAX, '/onSuccess', (n) => ({ onSuccess: profiles(n) })],
      [JOB_PROFILES_MAX, '/onFailure', (n) => ({ onFailure: profiles(n) })],
      [JOB_PROFILES_MAX, '/onAnomaly', (n) => ({ onAnomaly: profiles(n) })],
      [
        CONDITIONS_MAX,
        '/trigger/filter/where',
        (n) => ({ trigger: { ...external, filter: { where: where(n) } } }),
      ],
      [
        1_000,
        '/trigger/filter/where/0/equals',
        (n) => ({ trigger: { ...external, filter: { where: equals(n) } } }),
      ],
      [604_800_000, '/timeoutMs', (n) => ({ timeoutMs: n })],
    ];
    for (const [max, path, make] of rows) {
      expect(paths({ ...make(max) }), path).toEqual([]);
      expect(paths({ ...make(max + 1) }), path).toEqual([path]);
    }
  });
});

describe('the trigger of a job', () => {
  const faulty = (trigger: unknown) =>
    paths({ trigger })
      .map((path) => path.slice(8))
      .toSorted();

  it('takes every type with members of its own', () => {
    for (const trigger of [{ type: 'MANUAL' }, scheduled, external])
      expect(faulty(trigger)).toEqual([]);
    expect(read({ trigger: external })().trigger).toEqual({ ...external, filter: { where: [] } });
  });

  it('keeps any scalar that an event is to have', () => {
    const values = ['', 'a\nb', 0, -1.5, true, false, null];
    const where = values.map((equals, i) => ({ path: `/${i}`, equals }));
    const { trigger } = read({ trigger: { ...external, filter: { where } } })();
    expect(trigger).toMatchObject({ filter: { where } });
  });

  it.each<readonly [string, unknown, readonly string[]]>([
    ['none', undefined, ['']],
    ['a text', 'MANUAL', ['']],
    ['no type', {}, ['/type']],
    [
      'a manual one with others',
      { ...scheduled, ...external, type: 'MANUAL', filter: {} },
      ['/cron', '/filter', '/source', '/timeZone'],
    ],
    ['a schedule without anything', { type: 'SCHEDULED' }, ['/cron', '/timeZone']],
    [
      'a schedule that is none',
      { ...scheduled, cron: '@daily', timeZone: 'Mars' },
      ['/cron', '/timeZone'],
    ],
    ['a schedule on a day that never comes', { ...scheduled, cron: '0 0 31 2 *' }, ['/cron']],
    ['a schedule with a source', { ...scheduled, source: 's' }, ['/source']],
    ['an event without a source', { type: 'EXTERNAL_EVENT' }, ['/source']],
    ['an event with a schedule', { ...external, cron: '* * * * *' }, ['/cron']],
    ['a filter that is a list', { ...external, filter: [] }, ['/filter']],
    [
      'a filter of something else',
      { ...external, filter: { any: 1, eventType: '' } },
      ['/filter/any', '/filter/eventType'],
    ],
    [
      'a condition twice',
      { ...external, filter: { where: [condition, condition] } },
      ['/filter/where/1'],
    ],
    [
      'conditions on no pointer',
      { ...external, filter: { where: ['a', '/~', '/~2'].map((path) => ({ path, equals: 1 })) } },
      ['/filter/where/0/path', '/filter/where/1/path', '/filter/where/2/path'],
    ],
    [
      'conditions on no scalar',
      {
        ...external,
        filter: {
          where: [{}, [], undefined, Number.NaN].map((equals, i) => ({ path: `/${i}`, equals })),
        },
      },
      [
        '/filter/where/0/equals',
        '/filter/where/1/equals',
        '/filter/where/2/equals',
        '/filter/where/3/equals',
      ],
    ],
  ])('is refused where it is wrong: %s', (_name, trigger, want) => {
    expect(faulty(trigger)).toEqual(want);
  });

  it('throws nothing but INVALID_REQUEST, whatever comes', () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withMap: true }),
      fc.constantFrom<unknown>(...HOSTILE, scheduled, external, whole.onFailure, whole.contract),
    );
    const trigger = fc.record(
      {
        type: fc.constantFrom(...TRIGGER_TYPES),
        cron: anything,
        timeZone: anything,
        source: anything,
        filter: anything,
      },
      { requiredKeys: ['type'] },
    );
    const members = Object.fromEntries(Object.keys(whole).map((name) => [name, anything]));
    const changed = fc
      .record({ ...members, trigger: fc.oneof(trigger, anything) }, { requiredKeys: [] })
      .map((parts): object => Object.assign({}, whole, parts));
    fc.assert(
      fc.property(fc.oneof(changed, anything), (value) => {
        let code = 'taken';
        try {
          canonicalJson(readJobDefinition(value));
        } catch (error) {
          code = isRegistryError(error) ? error.code : String(error);
        }
        expect(code).toMatch(/^(taken|INVALID_REQUEST)$/);
      }),
      { numRuns: 1_000 },
    );
  });
});
