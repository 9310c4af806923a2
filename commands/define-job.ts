import { append, reject } from '#commands/decision';
import type { JobDefinitionCommands } from '#commands/job-ports';
import { type DefinitionPlan, planDefinition } from '#commands/plan-definition';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import type { ContractVersion } from '#domain/contract-name';
import {
  type DefinedVersion,
  definitionFingerprint,
  definitionOf,
  type JobDefinitionId,
} from '#domain/definition';
import {
  type JobDefinition,
  type JobDefinitionEvent,
  type JobDefinitionState,
  jobDefinitionEvolution,
  readJobDefinition,
} from '#domain/job-definition';

/** One version of a job definition, as its author sends it. */
export interface DefineJob {
  readonly id: JobDefinitionId;
  /** Absent: the next patch, and no new one where the highest says the same. */
  readonly version?: ContractVersion;
  /** JSON that `readJobDefinition` takes. */
  readonly content: unknown;
}

/** What a definition of a job has come to. */
export type JobDefinitionAnswer = CommandAnswer<JobDefinitionState, JobDefinitionEvent> & {
  /** The version as it stands now. */
  readonly defined: DefinedVersion<JobDefinition>;
};

/**
 * Carries out the definition of a version, which begins as a draft. Two authors of the next version get one each.
 * @throws INVALID_REQUEST with every fault and its path, VERSION_CONFLICT, and what `runCommand` throws
 */
export async function defineJob(
  commands: Pick<JobDefinitionCommands, 'env' | 'log' | 'source'>,
  context: CommandContext,
  { id, version, content }: DefineJob,
): Promise<JobDefinitionAnswer> {
  const read = readJobDefinition(content);
  const fingerprint = definitionFingerprint(read);
  let plan: DefinitionPlan | undefined;
  const answer = await runCommand(commands.env, context, {
    kind: 'job-definition',
    id,
    log: commands.log,
    source: commands.source,
    evolution: jobDefinitionEvolution,
    decide: (state) => {
      plan = planDefinition(state, { noun: 'job definition', id, version, fingerprint });
      if (plan.kind === 'refused') return reject(plan.error);
      if (plan.kind === 'existing') return { kind: 'unchanged' };
      const definition = definitionOf(id, plan.version, read);
      return append({
        type: 'JobDefined',
        data: { definition, author: context.actor },
      });
    },
  });
  const event = answer.recorded?.event;
  const told = event?.type === 'JobDefined' ? event.data.definition : plan;
  const defined =
    told === undefined || !('version' in told)
      ? undefined
      : answer.state.versions.get(told.version);
  if (defined === undefined) throw new TypeError('A definition was answered without its version');
  return { ...answer, defined };
}
