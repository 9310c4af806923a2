import type { ActionType } from '#domain/action-parameters';
import type { ContractVersion } from '#domain/contract-name';
import type { ActionProfileId } from '#domain/definition';

/** One thing that is to be done because a run has ended: an action of an active version of a profile. */
export type PlannedAction = {
  readonly profile: { readonly id: ActionProfileId; readonly version: ContractVersion | 'latest' };
  /** Where it stands in the profile, from 0. */
  readonly index: number;
  /** Absent where the profile has no active version. */
  readonly type?: ActionType;
  /** Why nothing can be done: then it counts as dead from the start. */
  readonly problem?: string;
};

/**
 * pending ──► claimed ──► succeeded
 *    ▲           │  └────► dead        no attempt is left, or no attempt could help
 *    └─ failed ◄─┘                     tried again when it is due
 */
export type JobActionStatus = 'pending' | 'claimed' | 'succeeded' | 'failed' | 'dead';

/** A planned action and what has become of it. Its number is its place in the list of the run. */
export type JobAction = PlannedAction & {
  readonly status: JobActionStatus;
  readonly attempts: number;
  /** From when on somebody may try it; absent once it is settled. */
  readonly dueAt?: string;
  /** What the last attempt came to, for people. */
  readonly detail?: string;
};

/** Somebody begins an attempt and has until then: later it is anybody's again. */
export type ActionClaim = {
  readonly action: number;
  readonly attempt: number;
  readonly until: string;
};

/** What an attempt came to. */
export type ActionResult = {
  readonly action: number;
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'dead';
  readonly detail?: string;
  /** When to try again, with `failed`. */
  readonly retryAt?: string;
};

/** Begins the actions of a run that has just ended. */
export function beginActions(planned: readonly PlannedAction[], time: string): JobAction[] {
  return planned.map((action) =>
    action.problem === undefined
      ? { ...action, status: 'pending', attempts: 0, dueAt: time }
      : { ...action, status: 'dead', attempts: 0, detail: action.problem },
  );
}

/** Notes the beginning of an attempt. */
export function claimAction(
  actions: readonly JobAction[],
  { action, attempt, until }: ActionClaim,
): readonly JobAction[] {
  return changed(actions, action, (one) => ({
    ...one,
    status: 'claimed',
    attempts: attempt,
    dueAt: until,
  }));
}

/** Notes what an attempt came to. */
export function settleAction(
  actions: readonly JobAction[],
  { action, outcome, detail, retryAt }: ActionResult,
): readonly JobAction[] {
  return changed(actions, action, ({ profile, index, type, attempts }) => ({
    profile,
    index,
    ...(type === undefined ? {} : { type }),
    status: outcome,
    attempts,
    ...(detail === undefined ? {} : { detail }),
    ...(retryAt === undefined ? {} : { dueAt: retryAt }),
  }));
}

function changed(
  actions: readonly JobAction[],
  number: number,
  change: (action: JobAction) => JobAction,
): readonly JobAction[] {
  return actions.map((action, i) => (i === number ? change(action) : action));
}

/** Gives when the next action of a run is due; `undefined` when all are settled. */
export function nextActionDue(actions: readonly JobAction[]): string | undefined {
  const times = actions.flatMap(({ dueAt }) => dueAt ?? []);
  return times.length === 0 ? undefined : times.reduce((a, b) => (a < b ? a : b));
}
