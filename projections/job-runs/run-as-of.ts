import { type Aggregate, advance, emptyAggregate } from '#domain/aggregate';
import type { JobRunId } from '#domain/job-run';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { EventLog } from '#log/event-log';
import { subjectOf } from '#log/subjects';
import type { FoundRun } from '#projections/job-runs/job-run-view';
import { columnsOf, evolutionOf, type RunKind } from '#projections/job-runs/run-row';
import { toFoundRun } from '#projections/job-runs/stored-row';

/** A point of the past: a position of the log, or a time in milliseconds since 1970. */
export type Instant = { readonly position: Position } | { readonly timeMs: number };

/**
 * Shows one run as it was: a projection of its few events alone, made when it is asked for.
 * @throws LOG_UNAVAILABLE, CORRUPT_EVENT
 */
export async function findRunAsOf(
  log: EventLog,
  scope: Scope,
  { id, at }: { readonly id: JobRunId; readonly at: Instant },
): Promise<FoundRun | undefined> {
  const own = await foldUntil(log, scope, { kind: 'job-run', id, at });
  return own ?? (await foldUntil(log, scope, { kind: 'lineage-run', id: id.toLowerCase(), at }));
}

async function foldUntil(
  log: EventLog,
  scope: Scope,
  { kind, id, at }: { readonly kind: RunKind; readonly id: string; readonly at: Instant },
): Promise<FoundRun | undefined> {
  const evolution = evolutionOf(kind);
  let aggregate: Aggregate<unknown> = emptyAggregate(evolution.initial);
  const subject = subjectOf({ scope, kind, id });
  // One by one: what comes later is not read, and one event is in memory at a time.
  for (;;) {
    const [recorded] = await log.readSubject(subject, aggregate.revision, 1);
    if (recorded === undefined) break;
    const isLater =
      'position' in at ? recorded.position > at.position : recorded.recordedAtMs > at.timeMs;
    if (isLater) break;
    aggregate = advance(aggregate, evolution, recorded);
  }
  const { state, revision } = aggregate;
  if (typeof state !== 'object' || state === null) return undefined;
  const { shown } = columnsOf(kind, state);
  const row = { revision, aggregate: kind, hash: aggregate.hash ?? '', state, shown, commands: [] };
  return toFoundRun(row);
}
