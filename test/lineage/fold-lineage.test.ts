import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#domain/canonical-json';
import { foldLineage, isTerminal } from '#lineage/fold-lineage';
import type { LineageRunEvent } from '#lineage/lineage-event';
import {
  LINEAGE_FACETS_MAX,
  LINEAGE_RUN_DATASETS_MAX,
  LINEAGE_RUN_EVENTS_MAX,
} from '#lineage/lineage-limits';
import type { LineageRun } from '#lineage/lineage-run';
import { lineageRunFacts } from '#lineage/lineage-run-facts';
import { readLineageEvent } from '#lineage/read-lineage-event';
import { facet, lineageFixtures, runEvent, runEvents } from '#test/lineage/lineage-events';

function fold(events: readonly LineageRunEvent[]): LineageRun {
  const run = events.reduce<LineageRun | undefined>(foldLineage, undefined);
  if (run === undefined) throw new Error('no events');
  return run;
}

const START = runEvent({ eventType: 'START', eventTime: '2026-01-31T12:00:00Z' });
const RUNNING = runEvent({ eventType: 'RUNNING', eventTime: '2026-01-31T12:01:00Z' });
const COMPLETE = runEvent({ eventType: 'COMPLETE', eventTime: '2026-01-31T12:02:00Z' });

/** Delivers all events, each once to three times, in any order. */
function deliveries(events: readonly LineageRunEvent[]): fc.Arbitrary<readonly LineageRunEvent[]> {
  return fc
    .tuple(...events.map(() => fc.integer({ min: 1, max: 3 })))
    .map((counts) =>
      events.flatMap((event, at) => Array.from({ length: counts[at] ?? 1 }, () => event)),
    )
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));
}

describe('the status of a run', () => {
  it('stays COMPLETE when START or RUNNING come late, whatever their time', () => {
    for (const eventTime of ['2026-01-31T11:00:00Z', '2026-01-31T23:00:00Z']) {
      for (const eventType of ['START', 'RUNNING', 'OTHER']) {
        const late = runEvent({ eventType, eventTime });
        const run = fold([START, COMPLETE, late]);
        expect(run).toMatchObject({ status: 'COMPLETE', endedAt: COMPLETE.time });
      }
    }
  });

  it('is terminal without a START, and then the run has no start', () => {
    const run = fold([COMPLETE]);
    expect(run).toMatchObject({ status: 'COMPLETE', firstEventAt: COMPLETE.time });
    expect(run).not.toHaveProperty('startedAt');
  });

  it('takes of two terminals the later one, in either order', () => {
    const fail = runEvent({ eventType: 'FAIL', eventTime: '2026-01-31T12:01:30Z' });
    for (const events of [
      [fail, COMPLETE],
      [COMPLETE, fail],
    ]) {
      expect(fold(events)).toMatchObject({ status: 'COMPLETE', endedAt: COMPLETE.time });
    }
  });

  it('takes FAIL before ABORT before COMPLETE at the same time', () => {
    const at = (eventType: string) => runEvent({ eventType });
    const [complete, abort, fail] = [at('COMPLETE'), at('ABORT'), at('FAIL')];
    expect(fold([fail, abort, complete]).status).toBe('FAIL');
    expect(fold([complete, abort, fail]).status).toBe('FAIL');
    expect(fold([abort, complete]).status).toBe('ABORT');
  });

  it('takes RUNNING before START before OTHER, by rank and not by time', () => {
    const other = runEvent({ eventType: 'OTHER', eventTime: '2026-01-31T15:00:00Z' });
    const start = runEvent({ eventType: 'START', eventTime: '2026-01-31T14:00:00Z' });
    expect(fold([other]).status).toBe('OTHER');
    expect(fold([start, other]).status).toBe('START');
    expect(fold([RUNNING, start, other])).toMatchObject({ status: 'RUNNING' });
    expect(fold([RUNNING, start])).not.toHaveProperty('endedAt');
  });

  it('starts with the earliest START or RUNNING, and OTHER is no start', () => {
    const other = runEvent({ eventType: 'OTHER', eventTime: '2026-01-31T10:00:00Z' });
    const run = fold([COMPLETE, RUNNING, START, other]);
    expect(run).toMatchObject({ startedAt: START.time, firstEventAt: other.time });
    const early = runEvent({ eventType: 'RUNNING', eventTime: '2026-01-31T11:00:00Z' });
    expect(fold([START, early]).startedAt).toBe(early.time);
    expect(fold([early, START]).startedAt).toBe(early.time);
  });
});

describe('what events say', () => {
  const output = (facets: object, outputFacets: object = {}) => [
    { namespace: 'warehouse', name: 'orders', facets, outputFacets },
  ];
  const later = '2026-01-31T13:00:00Z';

  it('is kept facet by facet, the newest of each, also when the newest comes first', () => {
    const older = runEvent({
      outputs: output({ a: facet({ n: 1 }), b: facet({ n: 1 }) }) as never,
    });
    const newer = runEvent({ eventTime: later, outputs: output({ a: facet({ n: 2 }) }) as never });
    for (const events of [
      [older, newer],
      [newer, older],
    ]) {
      const [dataset] = fold(events).outputs.items;
      expect(dataset?.facets.items.map(({ name, facet }) => [name, facet['n']])).toEqual([
        ['a', 2],
        ['b', 1],
      ]);
    }
  });

  it('is of the greater fingerprint where times are equal', () => {
    const [one, two] = [1, 2].map((n) =>
      runEvent({ run: { ...(START.document['run'] as object), facets: { a: facet({ n }) } } }),
    );
    if (one === undefined || two === undefined) throw new Error('no events');
    const winner = one.fingerprint > two.fingerprint ? 1 : 2;
    for (const events of [
      [one, two],
      [two, one],
    ]) {
      expect(fold(events).runFacets.items[0]?.facet['n']).toBe(winner);
    }
  });

  it('holds by its last word where one event names a dataset twice, however often it comes', () => {
    const outputs = [
      ...output({ a: facet({ n: 1 }), b: facet() }),
      ...output({ a: facet({ n: 2 }) }),
    ];
    const event = runEvent({ outputs: outputs as never });
    const run = fold([event, event]);
    expect(run.outputs.items).toHaveLength(1);
    expect(run.outputs.items[0]?.facets.items.map(({ facet }) => facet['n'])).toEqual([
      2,
      undefined,
    ]);
  });

  it('counts an event once, however often it is sent and however it is written', () => {
    const again = runEvent(Object.fromEntries(Object.entries(START.document).reverse()));
    expect(lineageRunFacts(fold([START, again, START, COMPLETE])).events).toEqual({
      count: 2,
      isExact: true,
    });
  });

  it('is never mixed with another run', () => {
    const other = runEvent({ run: { runId: 'aaaaaaaa-0000-4000-8000-000000000000' } });
    expect(() => fold([START, other])).toThrow(RangeError);
  });

  it('joins a run id in upper case with the same id in lower case', () => {
    const upper = runEvent({ eventType: 'FAIL', run: { runId: START.runId.toUpperCase() } });
    expect(fold([START, upper]).status).toBe('FAIL');
  });
});

describe('the fold', () => {
  it('comes to the same for every order and number of deliveries', () => {
    const cases = runEvents.chain((events) => fc.tuple(fc.constant(events), deliveries(events)));
    fc.assert(
      fc.property(cases, ([events, delivered]) => {
        expect(canonicalJson(fold(delivered))).toBe(canonicalJson(fold(events)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('leaves a run as it is, to the object, when all its events come again', () => {
    fc.assert(
      fc.property(runEvents, (events) => {
        const run = fold(events);
        expect(events.reduce<LineageRun>(foldLineage, run)).toBe(run);
      }),
    );
  });

  it('never takes a terminal status back and never moves an end to the past', () => {
    fc.assert(
      fc.property(runEvents, (events) => {
        let run: LineageRun | undefined;
        for (const event of events) {
          const next = foldLineage(run, event);
          if (run !== undefined && isTerminal(run.status)) {
            expect(isTerminal(next.status)).toBe(true);
            expect((next.endedAt ?? '') >= (run.endedAt ?? '')).toBe(true);
          }
          expect(next.endedAt !== undefined).toBe(isTerminal(next.status));
          run = next;
        }
      }),
    );
  });

  it('survives being stored as JSON between any two events', () => {
    fc.assert(
      fc.property(runEvents, (events) => {
        const stored = events.reduce<LineageRun | undefined>(
          (run, event) =>
            foldLineage(run && (JSON.parse(JSON.stringify(run)) as LineageRun), event),
          undefined,
        );
        expect(canonicalJson(stored)).toBe(canonicalJson(fold(events)));
      }),
    );
  });
});

describe('the bounds of a run', () => {
  it('turn the count of events into a lower bound, whatever the order', () => {
    const events = Array.from({ length: LINEAGE_RUN_EVENTS_MAX + 5 }, (_, n) => runEvent({ n }));
    const [there, back] = [fold(events), fold([...events].reverse())];
    expect(lineageRunFacts(there).events).toEqual({
      count: LINEAGE_RUN_EVENTS_MAX,
      isExact: false,
    });
    expect(there).toEqual(back);
    expect(fold([...events, ...events])).toEqual(there);
    const exact = fold(events.slice(0, LINEAGE_RUN_EVENTS_MAX));
    expect(lineageRunFacts(exact).events).toEqual({ count: LINEAGE_RUN_EVENTS_MAX, isExact: true });
  });

  it('keep the same datasets and facets, whatever the order, and say that some are missing', () => {
    const half = (from: number) =>
      runEvent({
        inputs: Array.from({ length: 6_000 }, (_, n) => ({ namespace: 'n', name: `d${from + n}` })),
        run: {
          runId: START.runId,
          facets: Object.fromEntries(
            Array.from({ length: 600 }, (_, n) => [`f${from + n}`, facet()]),
          ),
        },
      });
    const halves = [half(0), half(10_000)];
    const [there, back] = [fold(halves), fold([...halves].reverse())];
    expect(there).toEqual(back);
    expect(there.inputs).toMatchObject({ isCut: true });
    expect(there.inputs.items).toHaveLength(LINEAGE_RUN_DATASETS_MAX);
    expect(there.runFacets).toMatchObject({ isCut: true });
    expect(there.runFacets.items).toHaveLength(LINEAGE_FACETS_MAX);
    expect(there.outputs).toEqual({ items: [], isCut: false });
    expect(there.inputs.items[0]?.name).toBe('d0');
    const known = runEvent({ inputs: [{ namespace: 'n', name: 'd0' }] });
    expect(foldLineage(there, known).inputs).toEqual(there.inputs);
  });
});

const fixtures = lineageFixtures();
if (fixtures !== undefined) {
  describe('the fold of real events', () => {
    const folder = join(fixtures, 'scenarios');
    for (const scenario of readdirSync(folder).sort()) {
      const events = join(folder, scenario, 'events');
      if (!existsSync(events)) continue;
      const read = readdirSync(events).flatMap((name) => {
        const result = readLineageEvent(readFileSync(join(events, name), 'utf8'));
        return result.kind === 'event' && result.event.kind === 'run' ? [result.event] : [];
      });
      const runs = new Map<string, LineageRunEvent[]>();
      for (const event of read) runs.set(event.runId, [...(runs.get(event.runId) ?? []), event]);
      if (runs.size === 0) continue;

      it(`comes to the same for every order of the ${read.length} events in ${scenario}, doubled too`, () => {
        for (const all of runs.values()) {
          const wanted = fold(all);
          expect(lineageRunFacts(wanted).events.count).toBe(all.length);
          fc.assert(
            fc.property(deliveries(all), (delivered) => {
              expect(fold(delivered)).toEqual(wanted);
            }),
            { numRuns: 20 },
          );
        }
        const ended = [...runs.values()].filter((all) => isTerminal(fold(all).status));
        expect(ended).toHaveLength(runs.size);
      });
    }
  });
}
