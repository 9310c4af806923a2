import { append, type Decision, reject } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { SchemaSyntax } from '#contracts/schema-syntax';
import type { AggregateSource } from '#domain/aggregate';
import { canonicalJson } from '#domain/canonical-json';
import {
  type ContractBundle,
  type ContractEvent,
  type ContractState,
  contractEvolution,
} from '#domain/contract';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { EventLog } from '#log/event-log';

/** One version of a contract, as its publisher sends it. */
export interface PublishContract {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly description?: string;
  /** A JSON Schema as JSON text. */
  readonly jsonSchema?: string;
}

/** What commands about contracts need. */
export interface ContractCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<ContractState>;
  readonly syntax: SchemaSyntax;
}

/** Decides a publication. A version never changes: the same content again changes nothing, other content is refused. */
export function decidePublishContract(
  state: ContractState,
  bundle: ContractBundle,
): Decision<ContractEvent> {
  const existing = state.get(bundle.version);
  if (existing === undefined) return append({ type: 'ContractPublished', data: { bundle } });
  if (existing.fingerprint === bundle.fingerprint) return { kind: 'unchanged' };
  return reject(
    new RegistryError(
      'VERSION_CONFLICT',
      `Cannot publish contract ${quote(bundle.name)} version ${quote(bundle.version)}: it exists with fingerprint "${existing.fingerprint}", got "${bundle.fingerprint}" (want a new version: published ones never change)`,
      {
        details: { name: bundle.name, version: bundle.version, have: existing.fingerprint },
        outcome: 'not-applied',
      },
    ),
  );
}

/**
 * Carries out a publication, after the syntax of the schema was checked.
 * @throws INVALID_SCHEMA with every fault found, VERSION_CONFLICT, and what `runCommand` throws
 */
export async function publishContract(
  commands: ContractCommands,
  context: CommandContext,
  command: PublishContract,
): Promise<CommandAnswer<ContractState, ContractEvent> & { readonly bundle: ContractBundle }> {
  if (command.jsonSchema !== undefined) commands.syntax.check(command.jsonSchema);
  const bundle: ContractBundle = { ...command, fingerprint: fingerprintOf(command) };
  const answer = await runCommand(commands.env, context, {
    kind: 'contract',
    id: command.name,
    log: commands.log,
    source: commands.source,
    evolution: contractEvolution,
    decide: (state) => decidePublishContract(state, bundle),
  });
  return { ...answer, bundle };
}

/** Computes the fingerprint of a version's content: white space and the order of keys do not count. */
export function fingerprintOf({ description, jsonSchema }: PublishContract): Sha256 {
  return sha256Of(
    canonicalJson({
      ...(description === undefined ? {} : { description }),
      ...(jsonSchema === undefined ? {} : { jsonSchema: JSON.parse(jsonSchema) }),
    }),
  );
}
