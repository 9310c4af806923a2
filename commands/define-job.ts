import { type DefineCommands, type DefinedAnswer, defineVersion } from '#commands/define-version';
import type { CommandContext } from '#commands/run-command';
import type { ContractVersion } from '#domain/contract-name';
import { definitionFingerprint, definitionOf, type JobDefinitionId } from '#domain/definition';
import {
  type JobDefinition,
  type JobDefinitionEvent,
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
export type JobDefinitionAnswer = DefinedAnswer<JobDefinition, JobDefinitionEvent>;

/**
 * Carries out the definition of a version, see `defineVersion`.
 * @throws INVALID_REQUEST with every fault and its path, VERSION_CONFLICT, and what `runCommand` throws
 */
export async function defineJob(
  commands: DefineCommands<JobDefinition>,
  context: CommandContext,
  { id, version, content }: DefineJob,
): Promise<JobDefinitionAnswer> {
  const read = readJobDefinition(content);
  return await defineVersion(commands, context, {
    kind: 'job-definition',
    noun: 'job definition',
    id,
    version,
    fingerprint: definitionFingerprint(read),
    evolution: jobDefinitionEvolution,
    eventOf: (of): JobDefinitionEvent => ({
      type: 'JobDefined',
      data: { definition: definitionOf(id, of, read), author: context.actor },
    }),
    definedBy: (event) => (event.type === 'JobDefined' ? event.data.definition.version : undefined),
  });
}
