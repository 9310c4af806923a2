import { type Aggregate, type AggregateSource, advance, emptyAggregate } from '#domain/aggregate';
import type { RecordedEvent } from '#domain/event';
import { nextActionDue } from '#domain/job-action';
import { deadlineOf, type JobRun, type JobRunState, jobRunEvolution } from '#domain/job-run';
import { START } from '#domain/position';
import type { Scope } from '#domain/scope';
import { decodeEvent } from '#log/codec';
import type { EventLog } from '#log/event-log';
import { parseSubject, subjectOf } from '#log/subjects';
import type { RunQueue, RunRef } from '#projections/job-runs/run-queue';

interface LiveRun {
  readonly ref: RunRef;
  readonly aggregate: Aggregate<JobRunState>;
}

/** Runs as a view shows them: in memory, and a moment behind the log. */
export interface LiveRuns extends RunQueue, AsyncDisposable {
  readonly source: AggregateSource<JobRunState>;
  /** Every event, in the order of the log. */
  readonly events: readonly RecordedEvent[];
  readonly find: (scope: Scope, id: string) => JobRun | undefined;
  readonly all: () => readonly JobRun[];
}

/** Follows a log of job runs until it is disposed of. */
export function followRuns(log: EventLog): LiveRuns {
  const runs = new Map<string, LiveRun>();
  const events: RecordedEvent[] = [];
  const stop = new AbortController();
  const done = (async () => {
    for await (const batch of log.follow({ after: START, batchMax: 500, signal: stop.signal })) {
      for (const recorded of batch.map(decodeEvent)) {
        const { scope, kind, id } = parseSubject(recorded.subject);
        if (kind !== 'job-run') continue;
        const aggregate = runs.get(recorded.subject)?.aggregate ?? emptyAggregate(undefined);
        const ref = { scope, id: id as RunRef['id'] };
        events.push(recorded);
        runs.set(recorded.subject, {
          ref,
          aggregate: advance(aggregate, jobRunEvolution, recorded),
        });
      }
    }
  })();
  const find = (scope: Scope, id: string): LiveRun | undefined =>
    runs.get(subjectOf({ scope, kind: 'job-run', id }));
  const due = (
    now: string,
    limit: number,
    timeOf: (run: JobRun) => string | undefined,
  ): readonly RunRef[] =>
    [...runs.values()]
      .map(({ ref, aggregate: { state } }) => ({ ref, time: state && timeOf(state) }))
      .filter(({ time }) => time !== undefined && time <= now)
      .toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
      .slice(0, limit)
      .map(({ ref }) => ref);
  return {
    events,
    source: {
      load: async (scope, id) => ({
        aggregate: find(scope, id)?.aggregate ?? emptyAggregate(undefined),
        remembered: undefined,
      }),
    },
    find: (scope, id) => find(scope, id)?.aggregate.state,
    all: () => [...runs.values()].flatMap(({ aggregate }) => aggregate.state ?? []),
    overdue: async (now, limit) => due(now, limit, deadlineOf),
    actionable: async (now, limit) => due(now, limit, ({ actions = [] }) => nextActionDue(actions)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}
