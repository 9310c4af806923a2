import { claimableAction, claimJobAction } from '#commands/claim-job-action';
import { type ActionEnding, endJobAction } from '#commands/end-job-action';
import type { JobRunCommands } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import type { Action } from '#domain/action-parameters';
import type { ActionProfile } from '#domain/action-profile';
import type { ContractVersion } from '#domain/contract-name';
import type { ActionProfileId } from '#domain/definition';
import { isRegistryError } from '#domain/errors';
import type { PlannedAction } from '#domain/job-action';
import type { JobRun } from '#domain/job-run';
import type { Scope } from '#domain/scope';
import { toTimestamp } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import type { RunRef } from '#projections/job-runs/run-queue';
import {
  type ActionExecutor,
  type AttemptResult,
  attemptLimits,
  idempotencyIdOf,
} from '#workers/action-attempt';
import { type Lanes, laneOf } from '#workers/lanes';
import { retryDelayMs } from '#workers/retry-delay';
import type { OnWorkerEvent } from '#workers/worker-event';

/** Where the worker finds what profiles say. */
export interface ActionProfiles {
  /** Finds one version, whatever its stage; `undefined` where it is not known. @throws VIEW_UNAVAILABLE */
  find(
    scope: Scope,
    id: ActionProfileId,
    version: ContractVersion,
  ): Promise<ActionProfile | undefined>;
}

/** What the actions of runs are carried out with. */
export interface RunActionsParts {
  readonly commands: JobRunCommands;
  readonly profiles: ActionProfiles;
  readonly execute: ActionExecutor;
  readonly lanes: Lanes;
  /** Makes the context of a command that follows from nobody's request. */
  readonly context: (scope: Scope) => CommandContext;
  /** How much longer than its attempt a claim lasts: for the append of its end, and clocks that disagree. */
  readonly claimMarginMs: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly onEvent: OnWorkerEvent;
}

/**
 * `done`     nothing is due here now, or somebody else does it;
 * `full`     the place where the next action goes has enough to do.
 */
export type RunActionsResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'full'; readonly lane: string };

/** The next action of a run, and what is known of it before anybody claims it. */
interface NextAction {
  readonly run: JobRun;
  readonly number: number;
  /** `undefined` where the profile is not known here. */
  readonly action: Action | undefined;
}

const DONE: RunActionsResult = { kind: 'done' };
const DETAIL_MAX = 500;

/**
 * Carries out what is due of one run, action after action: each is claimed, carried out and ended. When the signal aborts,
 * an attempt under way is given up without an end: its claim runs out and somebody tries again.
 * @throws LOG_*, VIEW_UNAVAILABLE, OUTCOME_UNKNOWN when the broker or a view is away; what `context` throws; the signal's
 * reason
 */
export async function runActions(
  parts: RunActionsParts,
  { scope, id }: RunRef,
  signal: AbortSignal,
): Promise<RunActionsResult> {
  const { commands, lanes } = parts;
  const { commandId } = parts.context(scope);
  let run = (await commands.source.load(scope, id, commandId)).aggregate.state;
  while (run !== undefined) {
    signal.throwIfAborted();
    const number = claimableAction(run, toTimestamp(commands.env.clock.nowMs()));
    const planned = number === undefined ? undefined : run.actions?.[number];
    if (number === undefined || planned === undefined) return DONE;
    const action = await findAction(parts, scope, planned);
    const lane = action === undefined ? 'unknown' : laneOf(scope, action);
    const free = lanes.take(lane);
    if (free === undefined) return { kind: 'full', lane };
    try {
      run = await attemptAction(parts, { scope, next: { run, number, action }, signal });
    } finally {
      free();
    }
  }
  return DONE;
}

async function findAction(
  { profiles }: RunActionsParts,
  scope: Scope,
  { profile: { id, version }, index, type }: PlannedAction,
): Promise<Action | undefined> {
  if (version === 'latest') return undefined;
  const action = (await profiles.find(scope, id, version))?.actions[index];
  return action?.type === type ? action : undefined;
}

/** Gives the run as it stands afterwards; `undefined` where somebody else has the action. */
async function attemptAction(
  parts: RunActionsParts,
  at: { readonly scope: Scope; readonly next: NextAction; readonly signal: AbortSignal },
): Promise<JobRun | undefined> {
  const { commands, context, claimMarginMs, onEvent } = parts;
  const { scope, next } = at;
  const { id } = next.run;
  const action = next.number;
  const timeoutMs = next.action === undefined ? 0 : attemptLimits(next.action).timeoutMs;
  const claim = { id, action, claimMs: timeoutMs + claimMarginMs };
  const claimed = await unlessLost(claimJobAction(commands, context(scope), claim));
  const attempt = claimed?.actions?.[action]?.attempts;
  if (claimed === undefined || attempt === undefined) return undefined;
  const ending = await carryOut(parts, { ...at, run: claimed, attempt });
  const end = { id, action, attempt, ending };
  const ended = await unlessLost(endJobAction(commands, context(scope), end));
  if (ended !== undefined) onEvent({ type: 'action-ended', scope, id, action, attempt, ...ending });
  return ended;
}

async function carryOut(
  { execute, commands, random }: RunActionsParts,
  {
    scope,
    next: { action, number },
    run,
    attempt,
    signal,
  }: {
    readonly scope: Scope;
    readonly next: NextAction;
    readonly run: JobRun;
    readonly attempt: number;
    readonly signal: AbortSignal;
  },
): Promise<ActionEnding> {
  const limits = action === undefined ? UNKNOWN_LIMITS : attemptLimits(action);
  // The last attempt was begun by somebody who was never heard of again, and another would be one too many.
  if (attempt > limits.attemptsMax)
    return { outcome: 'dead', detail: 'The last attempt has no known end' };
  const result =
    action === undefined
      ? UNKNOWN_ACTION
      : await tryOnce(
          () =>
            withDeadline(
              async (within) => {
                const idempotencyId = idempotencyIdOf(scope, run.id, number);
                return await execute({ scope, run, action, idempotencyId }, within);
              },
              { ms: limits.timeoutMs, signal, clock: commands.env.clock, error: () => LATE },
            ),
          signal,
        );
  return endingOf(result, { attempt, attemptsMax: limits.attemptsMax, random });
}

const UNKNOWN_LIMITS = { timeoutMs: 0, attemptsMax: 12 };
// The catalog of this node may be behind.
const UNKNOWN_ACTION: AttemptResult = {
  outcome: 'failed',
  detail: 'The version of the action profile is not known here',
};
const LATE = new Error('No answer in time');

async function tryOnce(
  work: () => Promise<AttemptResult>,
  signal: AbortSignal,
): Promise<AttemptResult> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

function endingOf(
  result: AttemptResult,
  {
    attempt,
    attemptsMax,
    random,
  }: {
    readonly attempt: number;
    readonly attemptsMax: number;
    readonly random: (() => number) | undefined;
  },
): ActionEnding {
  if (result.outcome === 'succeeded') {
    return result.detail === undefined ? result : { ...result, detail: shown(result.detail) };
  }
  const detail = shown(result.detail);
  if (result.outcome === 'dead') return { outcome: 'dead', detail };
  if (attempt >= attemptsMax) return { outcome: 'dead', detail };
  const retryAfterMs = retryDelayMs(attempt, { askedMs: result.retryAfterMs, random });
  return { outcome: 'failed', detail, retryAfterMs };
}

function shown(text: string): string {
  const line = text.replaceAll(/[\p{C}\u2028\u2029]+/gu, ' ').slice(0, DETAIL_MAX);
  // Half a pair at the cut is no text, and the event that holds it would be refused for ever.
  return line.replace(/\p{Surrogate}$/u, '');
}

/** Gives the state that a command has led to; `undefined` when somebody else was faster or has taken over. */
async function unlessLost(
  command: Promise<{ readonly state: JobRun | undefined }>,
): Promise<JobRun | undefined> {
  try {
    return (await command).state;
  } catch (error) {
    if (isRegistryError(error, 'ILLEGAL_TRANSITION') || isRegistryError(error, 'NOT_FOUND'))
      return undefined;
    throw error;
  }
}
