import {
  type ContractCommands,
  type PublicationAnswer,
  type PublishContract,
  publishContract,
} from '#commands/publish-contract';
import type { Publication } from '#domain/contract';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { isRegistryError } from '#domain/errors';
import { commandContext } from '#test/support/command-env';
import { schemaOf } from '#test/support/contracts';

/** The contract that tests of publications are about. */
export const contractName = parseContractName('a.b');

/** Makes a version of it for the fake gate, see `schemaOf`. */
export function contractOf(
  title: string,
  { v, ...others }: Partial<PublishContract> & { readonly v?: string } = {},
): PublishContract {
  const version = v === undefined ? {} : { version: parseContractVersion(v) };
  return { name: contractName, jsonSchema: schemaOf(title), ...version, ...others };
}

/** Publishes a version. */
export async function publish(
  commands: ContractCommands,
  command: PublishContract,
  context = commandContext(),
): Promise<PublicationAnswer> {
  return await publishContract(commands, context, command);
}

/** Gives what a publication has written. */
export function publicationOf({ recorded }: PublicationAnswer): Publication {
  if (recorded?.event.type !== 'ContractPublished') throw new Error('nothing was published');
  return recorded.event.data;
}

/** Gives the code of a refusal, or `done`. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'done',
    (error: unknown) => (isRegistryError(error) ? error.code : `no refusal: ${String(error)}`),
  );
}
