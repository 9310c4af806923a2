import { append } from '#commands/decision';
import type { JobRunCommands } from '#commands/on-job-run';
import { runCommand } from '#commands/run-command';
import { type ActionProfile, readActionProfile } from '#domain/action-profile';
import { parseContractVersion } from '#domain/contract-name';
import { definitionOf, parseActionProfileId } from '#domain/definition';
import type { PlannedAction } from '#domain/job-action';
import {
  type JobRunEnd,
  type JobRunEvent,
  type JobRunId,
  type JobRunStart,
  jobRunEvolution,
  parseJobRunId,
} from '#domain/job-run';
import { commandContext } from '#test/support/command-env';
import type { ActionProfiles } from '#workers/run-actions';

/** Makes the beginning of a run. */
export function runStart(rest: Partial<Omit<JobRunStart, 'id'>> & { readonly id?: string } = {}) {
  const { id = 'run-1', ...others } = rest;
  const run: JobRunStart = {
    job: 'orders.check',
    kind: 'validation',
    inputs: ['orders/2026'],
    metadata: {},
    ...others,
    id: parseJobRunId(id),
  };
  return run;
}

const version = parseContractVersion('1.0.0');

/** Makes a profile of these actions, as it would be defined. */
export function actionProfile(actions: readonly object[], name = 'alerts.team'): ActionProfile {
  const content = readActionProfile({ name: 'Alerts', actions });
  return definitionOf(parseActionProfileId(name), version, content);
}

/** Plans every action of a profile. */
export function planOf({ id, actions }: ActionProfile): readonly PlannedAction[] {
  return actions.map(({ type }, index) => ({ profile: { id, version }, index, type }));
}

/** Finds these profiles in every scope. */
export function profilesOf(...profiles: readonly ActionProfile[]): ActionProfiles {
  return {
    find: async (_, id, wanted) =>
      profiles.find((profile) => profile.id === id && profile.version === wanted),
  };
}

/** Appends an event to a run, whatever its state. */
export async function put(
  commands: JobRunCommands,
  id: JobRunId,
  event: JobRunEvent,
): Promise<void> {
  await runCommand(commands.env, commandContext(), {
    kind: 'job-run',
    id,
    log: commands.log,
    source: commands.source,
    evolution: jobRunEvolution,
    decide: () => append(event),
  });
}

/** Starts a run and ends it with actions. */
export async function endRun(
  commands: JobRunCommands,
  actions: readonly PlannedAction[],
  rest: Parameters<typeof runStart>[0] & { readonly end?: JobRunEnd } = {},
): Promise<JobRunId> {
  const { end = { outcome: 'failed', counts: { rows: 7 } }, ...others } = rest;
  const run = runStart(others);
  await put(commands, run.id, { type: 'JobRunStarted', data: { run } });
  await put(commands, run.id, { type: 'JobRunFinished', data: { end, actions } });
  return run.id;
}
