import type { PublishedContent } from '#commands/contract-gate';
import {
  type ContractCommands,
  type PublicationAnswer,
  publishCandidate,
  type WantedPublication,
} from '#commands/publish-contract';
import type { CommandContext } from '#commands/run-command';
import { normaliseContent } from '#domain/contract-bundle';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import { quote, RegistryError } from '#domain/errors';
import type { Environment } from '#domain/scope';

/** A version that is to be published as it is in another environment of the same tenant. */
export interface PromoteContract {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly fromEnvironment: Environment;
  readonly notes?: string;
  /** Where it begins, see `PublishContract`. */
  readonly stage?: ContractStage;
  readonly override?: { readonly reason: string };
}

/**
 * Carries out a promotion: the same content under the same version, through the gate with the versions and the mode of the
 * environment that it comes to. The same content there already changes nothing.
 * @throws NOT_FOUND when the source has no such version, ILLEGAL_TRANSITION when it is not approved there,
 *   INVALID_REQUEST when both environments are one, and what `publishContract` throws
 */
export async function promoteContract(
  commands: ContractCommands,
  context: CommandContext,
  command: PromoteContract,
): Promise<PublicationAnswer> {
  if (command.fromEnvironment === context.scope.environment) throw sameEnvironment(command);
  return await publishCandidate(commands, context, {
    name: command.name,
    fetch: async () => await fetchSource(commands, context, command),
  });
}

async function fetchSource(
  { contents }: ContractCommands,
  { scope }: CommandContext,
  command: PromoteContract,
): Promise<WantedPublication | RegistryError> {
  const { name, version, fromEnvironment, notes, stage, override } = command;
  const from = { tenant: scope.tenant, environment: fromEnvironment };
  const source = await contents.find(from, name, version);
  if (source === undefined) return notInSource(command);
  if (source.stage !== 'approved' && source.stage !== 'deprecated')
    return notApproved(command, source);
  const content = normaliseContent(source.bundle);
  return {
    candidate: { name, version, content, ...(override === undefined ? {} : { override }) },
    stage,
    promotion: {
      fromEnvironment,
      fromPosition: source.position,
      publisher: source.publisher,
      ...(notes === undefined ? {} : { notes }),
    },
  };
}

function sameEnvironment({ name, version, fromEnvironment }: PromoteContract): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot promote contract ${quote(name)} version ${quote(version)}: it comes from ${quote(fromEnvironment)}, where it is to go (want another environment)`,
    { details: { field: 'fromEnvironment' }, outcome: 'not-applied' },
  );
}

function notInSource({ name, version, fromEnvironment }: PromoteContract): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot promote contract ${quote(name)} version ${quote(version)}: environment ${quote(fromEnvironment)} does not hold it (want a published version)`,
    { details: { name, version, fromEnvironment }, outcome: 'not-applied' },
  );
}

function notApproved(
  { name, version, fromEnvironment }: PromoteContract,
  { stage }: PublishedContent,
): RegistryError {
  return new RegistryError(
    'ILLEGAL_TRANSITION',
    `Cannot promote contract ${quote(name)} version ${quote(version)}: in environment ${quote(fromEnvironment)} it is ${stage} (want approved or deprecated)`,
    {
      details: { name, version, fromEnvironment, from: stage, legal: ['approved', 'deprecated'] },
      outcome: 'not-applied',
    },
  );
}
