import type { RunFiles } from '#test/faults/check/check-run';
import type { Violation } from '#test/faults/check/violation';
import type { Outcome } from '#test/faults/history';

/** What a run did and what did not hold. */
export interface FaultReport {
  readonly seed: number;
  readonly seconds: number;
  /** Writes that were acknowledged as new. */
  readonly acknowledged: number;
  readonly acknowledgedPerSecond: number;
  readonly reads: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How often each fault was done, and how often it was seen to have an effect. */
  readonly faults: Readonly<Record<string, { readonly done: number; readonly effective: number }>>;
  readonly violations: readonly Violation[];
}

/** Counts what a run did. */
export function reportOf({
  seed,
  seconds,
  files: { entries },
  violations,
}: {
  readonly seed: number;
  readonly seconds: number;
  readonly files: RunFiles;
  readonly violations: readonly Violation[];
}): FaultReport {
  const outcomes = { applied: 0, existing: 0, conflict: 0, 'not-applied': 0, unknown: 0 };
  const faults: Record<string, { done: number; effective: number }> = {};
  let reads = 0;
  for (const entry of entries) {
    if ('outcome' in entry) outcomes[entry.outcome] += 1;
    if (entry.kind === 'read') reads += 1;
    if (entry.kind !== 'fault') continue;
    const count = faults[entry.fault] ?? { done: 0, effective: 0 };
    const { done, effective } = count;
    faults[entry.fault] = { done: done + 1, effective: effective + (entry.hadEffect ? 1 : 0) };
  }
  const acknowledged = outcomes.applied;
  const acknowledgedPerSecond = acknowledged / seconds;
  return {
    seed,
    seconds,
    acknowledged,
    acknowledgedPerSecond,
    reads,
    outcomes,
    faults,
    violations,
  };
}
