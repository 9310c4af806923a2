import { append, type Decision, type DecisionContext, reject } from '#commands/decision';
import { type ConditionalCommand, refuseUnmet } from '#commands/precondition';
import type { DatasetCommands } from '#commands/register-dataset';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import { canonicalJson } from '#domain/canonical-json';
import {
  type Artifact,
  type DatasetEvent,
  type DatasetState,
  datasetEvolution,
  type Manifest,
} from '#domain/dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { type Release, SHARD_LIST_KEY, type TableDeclaration } from '#domain/table-declaration';
import type { Publisher } from '#stores/publisher';
import { verifyArtifact } from '#stores/verify-artifact';

/** Which object of a dataset is released to read nodes. */
export interface PublishDataset extends ConditionalCommand {
  /** It must be one of the registered objects, with the same digest and size. */
  readonly artifact: Artifact;
  /** Says why the artifact cannot be read with such tables; absent: it can. */
  readonly faultOf?: (tables: readonly TableDeclaration[]) => string | undefined;
}

/** What publishing needs beside the commands of datasets. */
export interface PublishCommands extends DatasetCommands {
  readonly publisher: Pick<Publisher, 'read' | 'stat'>;
  /** Looks into an artifact whose bytes were checked. */
  readonly inspect: (sha256: Sha256) => Promise<NonNullable<PublishDataset['faultOf']>>;
}

/** Decides a publication. The same artifact again, to be read the same, changes nothing; another one replaces it. */
export function decidePublishDataset(
  state: DatasetState,
  command: PublishDataset,
  context: DecisionContext,
): Decision<DatasetEvent> {
  if (state === undefined) return reject(datasetNotFound('publish', command.name));
  const { key, sha256, bytes } = command.artifact;
  const registered = state.objects.find((object) => object.key === key);
  if (registered?.sha256 !== sha256 || registered.bytes !== bytes) {
    return reject(notAnObject(command, registered?.sha256));
  }
  const fault = command.faultOf?.(state.tables ?? []);
  if (fault !== undefined) return reject(unusable(command, fault));
  const release = releaseOf(state);
  const isSame =
    sameArtifact(state.artifact, command.artifact) &&
    canonicalJson(state.release ?? null) === canonicalJson(release ?? null);
  if (state.status === 'published' && isSame) {
    return { kind: 'unchanged' };
  }
  const artifact = { key, sha256, bytes };
  const { release: _before, ...rest } = state;
  const manifest = {
    ...rest,
    status: 'published' as const,
    artifact,
    publishedAt: context.time,
    ...(release === undefined ? {} : { release }),
  };
  return append({ type: 'DatasetPublished', data: { manifest } });
}

/**
 * Carries out a publication. The artifact is read and hashed in the store before anything is appended, so that what is
 * in the catalog can be fetched.
 * @throws NOT_FOUND, PRECONDITION_FAILED, ARTIFACT_MISSING, CHECKSUM_MISMATCH, DATASET_UNUSABLE, and what `runCommand` throws
 */
export async function publishDataset(
  commands: PublishCommands,
  context: CommandContext,
  request: PublishDataset,
): Promise<CommandAnswer<DatasetState, DatasetEvent>> {
  const { artifact } = request;
  await verifyArtifact(commands.publisher, artifact);
  const command = { ...request, faultOf: await commands.inspect(artifact.sha256) };
  return await runCommand(commands.env, context, {
    kind: 'dataset',
    id: command.name,
    log: commands.log,
    source: commands.source,
    evolution: datasetEvolution,
    decide: (state, at) =>
      refuseUnmet(command, at.revision) ?? decidePublishDataset(state, command, at),
  });
}

/** Makes the error for a dataset that was never registered in the scope. */
export function datasetNotFound(verb: string, name: DatasetName): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot ${verb} dataset ${quote(name)}: it is not registered (want it registered first: POST /registry/datasets)`,
    { details: { name }, outcome: 'not-applied' },
  );
}

function notAnObject({ name, artifact }: PublishDataset, have: string | undefined): RegistryError {
  const is =
    have === undefined
      ? `it has no object ${quote(artifact.key)}`
      : `its object ${quote(artifact.key)} has SHA-256 "${have}" or another size`;
  return new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot publish dataset ${quote(name)}: ${is} (want a registered object with SHA-256 "${artifact.sha256}" and ${artifact.bytes} bytes)`,
    { details: { name, key: artifact.key }, outcome: 'not-applied' },
  );
}

function unusable({ name, artifact }: PublishDataset, fault: string): RegistryError {
  return new RegistryError(
    'DATASET_UNUSABLE',
    `Cannot publish dataset ${quote(name)}: artifact "${artifact.sha256}" cannot be served: ${fault}`,
    { details: { name, sha256: artifact.sha256, reason: fault }, outcome: 'not-applied' },
  );
}

/** What of the manifest says how the artifact is read, as it stands now. */
function releaseOf({ tables = [], objects }: Manifest): Release | undefined {
  const shards = objects.find(({ key }) => key === SHARD_LIST_KEY);
  if (tables.length === 0 && shards === undefined) return undefined;
  if (shards === undefined) return { tables };
  return { tables, shards: { sha256: shards.sha256, bytes: shards.bytes } };
}

function sameArtifact(a: Artifact | undefined, b: Artifact): boolean {
  return a?.key === b.key && a.sha256 === b.sha256 && a.bytes === b.bytes;
}
