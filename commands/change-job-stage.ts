import { append, type Decision, reject } from '#commands/decision';
import type { JobDefinitionCommands } from '#commands/job-ports';
import { planJobStage, refuseStep, stageAsker, type WantedStage } from '#commands/plan-job-stage';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import type { ContractVersion } from '#domain/contract-name';
import type { JobDefinitionId } from '#domain/definition';
import { quote } from '#domain/errors';
import {
  type JobDefinition,
  type JobDefinitionEvent,
  type JobDefinitionState,
  jobDefinitionEvolution,
  profilesOf,
} from '#domain/job-definition';
import type { JobStage } from '#domain/job-stage';
import type { Scope } from '#domain/scope';

/** A step of one version of a job definition to another stage. */
export interface ChangeJobStage {
  readonly id: JobDefinitionId;
  readonly version: ContractVersion;
  readonly to: JobStage;
  readonly notes?: string;
}

/** What an active definition refers to and cannot use. */
export type MissingPart = {
  readonly kind: 'contract' | 'action-profile';
  readonly name: string;
  readonly version: string;
  /** Absent when it is not there. */
  readonly stage?: string;
};

/**
 * Carries out a step of a job definition. What is activated refers to an approved contract and to active profiles alone,
 * as far as the catalog shows.
 * @throws NOT_FOUND, ILLEGAL_TRANSITION with the legal steps or with what is missing, SELF_APPROVAL, INVALID_REQUEST for
 *   notes that are too long, and what `runCommand` throws
 */
export async function changeJobStage(
  commands: JobDefinitionCommands,
  context: CommandContext,
  command: ChangeJobStage,
): Promise<CommandAnswer<JobDefinitionState, JobDefinitionEvent>> {
  const wanted: WantedStage = { noun: 'job definition', ...command };
  const asker = stageAsker(commands.rules, context);
  return await runCommand(commands.env, context, {
    kind: 'job-definition',
    id: command.id,
    log: commands.log,
    source: commands.source,
    evolution: jobDefinitionEvolution,
    decide: async (state): Promise<Decision<JobDefinitionEvent>> => {
      const plan = planJobStage(state, wanted, asker);
      if (plan.kind === 'unchanged') return plan;
      if (plan.kind === 'refused') return reject(plan.error);
      if (plan.change.to === 'active') {
        const definition = await contentOf(commands, context.scope, { state, command });
        const missing = await missingParts(commands, context.scope, definition);
        const [first] = missing;
        if (first !== undefined) {
          const is = `${first.kind} ${quote(first.name)} version ${quote(first.version)} is ${first.stage ?? 'not there'}${missing.length === 1 ? '' : ` and ${missing.length - 1} more are missing`} (want an approved contract and active action profiles)`;
          return reject(refuseStep(wanted, is, { missing }));
        }
      }
      return append({ type: 'JobStageChanged', data: plan.change });
    },
  });
}

/** Gives what a version says: from the log where the state was read from it, else from the view that gave the state. */
async function contentOf(
  { definitions }: JobDefinitionCommands,
  scope: Scope,
  {
    state,
    command: { id, version },
  }: { readonly state: JobDefinitionState; readonly command: ChangeJobStage },
): Promise<JobDefinition> {
  const definition =
    state.versions.get(version)?.definition ?? (await definitions.find(scope, id, version));
  if (definition === undefined)
    throw new TypeError(`The view holds job definition "${id}" version "${version}" in part only`);
  return definition;
}

async function missingParts(
  { contracts, profiles }: JobDefinitionCommands,
  scope: Scope,
  definition: JobDefinition,
): Promise<readonly MissingPart[]> {
  const missing: MissingPart[] = [];
  const { contract } = definition;
  if (contract !== undefined) {
    const { name, version } = contract;
    const stage = await contracts.stageOf(scope, name, version);
    if (stage !== 'approved') missing.push({ kind: 'contract', name, version, ...staged(stage) });
  }
  for (const { id, version } of profilesOf(definition)) {
    const stage = await profiles.stageOf(scope, id, version);
    if (stage === 'active') continue;
    missing.push({ kind: 'action-profile', name: id, version, ...staged(stage) });
  }
  return missing;
}

function staged(stage: string | undefined): { readonly stage?: string } {
  return stage === undefined ? {} : { stage };
}
