import { unknownRun } from '#commands/begin-job-run';
import { append, type Decision, reject } from '#commands/decision';
import type { JobDefinitions } from '#commands/job-ports';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { ActionPlanner } from '#commands/plan-actions';
import type { CommandContext } from '#commands/run-command';
import { canonicalJson, type Json } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
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
import { illegalRunStep, JOB_RUN_STEPS } from '#domain/job-run-step';
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
  if (state === undefined) return reject(unknownRun('finish', id));
  if (!JOB_RUN_STEPS[state.status].includes(end.outcome))
    return reject(illegalRunStep(id, state.status, end.outcome));
  return append({
    type: 'JobRunFinished',
    data: { end, ...(actions.length === 0 ? {} : { actions }) },
  });
}

/** Says how a run ends: findings from the threshold of its definition on make it fail, whatever it says of itself. */
export function judgedEnd(end: JobRunEnd, definition: JobDefinition | undefined): JobRunEnd {
  if (definition === undefined || end.outcome !== 'succeeded' || end.findings === undefined)
    return end;
  const { severityThreshold } = definition;
  const count = findingsFrom(end.findings, severityThreshold);
  if (count === 0) return end;
  const message = `${count} findings of severity "${severityThreshold}" or more`;
  return { ...end, outcome: 'failed', message: end.message ?? message };
}

/** Carries out the end of a run. @throws NOT_FOUND, ILLEGAL_TRANSITION, TOO_LARGE, STORE_UNAVAILABLE, and what `runCommand` throws */
export async function finishJobRun(
  commands: FinishCommands,
  context: CommandContext,
  { id, end: told, results }: FinishJobRun,
): Promise<JobRunAnswer> {
  // Before the event that names them: bytes that nobody names do no harm.
  const kept = results === undefined ? undefined : await keep(commands.results, id, results);
  const end = kept === undefined ? told : { ...told, results: kept };
  return await onJobRun(commands, context, {
    id,
    decide: async (state, { scope }) =>
      decideFinishJobRun(state, id, await planEnd(commands, scope, { run: state, end })),
  });
}

async function planEnd(
  { definitions, planner }: FinishCommands,
  scope: Scope,
  { run, end }: { readonly run: JobRun | undefined; readonly end: JobRunEnd },
): Promise<PlannedEnd> {
  if (run?.definition === undefined) return { end, actions: [] };
  const { id, version } = run.definition;
  const judged = judgedEnd(end, await definitions.find(scope, id, version));
  return { end: judged, actions: await planner.plan(scope, run, judged) };
}

async function keep(store: ResultStore, id: JobRunId, results: Json): Promise<RunReport> {
  const bytes = Buffer.from(canonicalJson(results));
  const sha256 = sha256Of(bytes);
  await store.put(sha256, bytes);
  return { uri: `/registry/job-runs/${id}/results`, sha256, bytes: bytes.length };
}
