import { unknownRun } from '#commands/begin-job-run';
import { append, type Decision, reject } from '#commands/decision';
import type { JobDefinitions } from '#commands/job-ports';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import { type ActionPlanner, definitionOfRun } from '#commands/plan-actions';
import type { CommandContext } from '#commands/run-command';
import { canonicalJson, type Json } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import type { PlannedAction } from '#domain/job-action';
import type { JobDefinition } from '#domain/job-definition';
import {
  type JobRun,
  type JobRunEnd,
  type JobRunEvent,
  type JobRunId,
  type JobRunState,
  type RunReport,
} from '#domain/job-run';
import { illegalRunStep, isOutcome, JOB_RUN_STEPS } from '#domain/job-run-step';
import type { Scope } from '#domain/scope';
import { findingsFrom } from '#domain/severity';

/** Where the results of runs are kept, by their digest. */
export interface ResultStore {
  /** Keeps bytes; the same ones again change nothing. @throws TOO_LARGE, STORE_UNAVAILABLE */
  put(sha256: Sha256, bytes: Uint8Array): Promise<void>;
}

/** What the command that ends runs needs. */
export interface FinishCommands extends JobRunCommands {
  readonly definitions: Pick<JobDefinitions, 'find'>;
  readonly planner: ActionPlanner;
  readonly results: ResultStore;
}

/** How a run ended. */
export interface FinishJobRun {
  readonly id: JobRunId;
  readonly end: Omit<JobRunEnd, 'results'>;
  /** What it found, in full: kept in the artifact store whatever its size, and named by its digest. */
  readonly results?: Json;
}

/** What becomes of a run: its end, and what is to be done then. */
interface PlannedEnd {
  readonly end: JobRunEnd;
  readonly actions: readonly PlannedAction[];
}

/** Decides the end of a run. A run ends once. */
export function decideFinishJobRun(
  state: JobRunState,
  id: JobRunId,
  { end, actions }: PlannedEnd,
): Decision<JobRunEvent> {
  const verb = end.outcome === 'cancelled' ? 'cancel' : 'finish';
  if (state === undefined) return reject(unknownRun(verb, id));
  if (!JOB_RUN_STEPS[state.status].includes(end.outcome))
    return reject(illegalRunStep(id, state.status, end.outcome));
  return append({
    type: 'JobRunFinished',
    data: { end, ...(actions.length === 0 ? {} : { actions }) },
  });
}

/** Says how a run ends: findings from the threshold of its definition on make it fail, whatever it says of itself. */
export function judgedEnd(end: JobRunEnd, { severityThreshold }: JobDefinition): JobRunEnd {
  if (end.outcome !== 'succeeded' || end.findings === undefined) return end;
  const count = findingsFrom(end.findings, severityThreshold);
  if (count === 0) return end;
  const noun = count === 1 ? 'finding' : 'findings';
  const message = `${count} ${noun} of severity "${severityThreshold}" or more`;
  return { ...end, outcome: 'failed', message: end.message ?? message };
}

/** Carries out the end of a run. @throws NOT_FOUND, ILLEGAL_TRANSITION, TOO_LARGE, STORE_UNAVAILABLE, NOT_READY, and what `runCommand` throws */
export async function finishJobRun(
  commands: FinishCommands,
  context: CommandContext,
  { id, end: told, results }: FinishJobRun,
): Promise<JobRunAnswer> {
  const kept = results === undefined ? undefined : bytesOf(results);
  const end = kept === undefined ? told : { ...told, results: kept.report };
  let isKept = kept === undefined;
  return await onJobRun(commands, context, {
    id,
    decide: async (state, { scope }) => {
      try {
        const planned = await planEnd(commands, scope, { run: state, end });
        const decision = decideFinishJobRun(state, id, planned);
        // Before the event that names them: bytes that nobody names do no harm. For a run that can end alone.
        if (decision.kind === 'append' && kept !== undefined && !isKept) {
          await commands.results.put(kept.report.sha256, kept.bytes);
          isKept = true;
        }
        return decision;
      } catch (error) {
        // Told only when the log has confirmed that the run did not end so already.
        if (isRegistryError(error)) return reject(error);
        throw error;
      }
    },
  });
}

async function planEnd(
  { definitions, planner }: FinishCommands,
  scope: Scope,
  { run, end }: { readonly run: JobRun | undefined; readonly end: JobRunEnd },
): Promise<PlannedEnd> {
  // Of a run that has ended nothing is planned: the decision refuses it.
  if (run?.definition === undefined || isOutcome(run.status)) return { end, actions: [] };
  const judged = judgedEnd(end, await definitionOfRun(definitions, scope, run.definition));
  return { end: judged, actions: await planner.plan(scope, run, judged) };
}

function bytesOf(results: Json): { readonly bytes: Uint8Array; readonly report: RunReport } {
  const bytes = Buffer.from(canonicalJson(results));
  return { bytes, report: { sha256: sha256Of(bytes), bytes: bytes.length } };
}
