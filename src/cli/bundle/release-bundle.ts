import {
  type Bundle,
  buildBundle,
  buildRelease,
  type Release,
  type ReleaseFacts,
} from '#cli/bundle/build-release';
import { type AliasOutcome, moveAlias, readAlias } from '#cli/bundle/move-alias';
import { type ReadContracts, readContracts } from '#cli/bundle/read-contracts';
import type { ReleaseManifest } from '#cli/bundle/release-format';
import {
  findRelease,
  registerRelease,
  type StoredRelease,
  uploadFiles,
} from '#cli/bundle/release-store';
import type { SigningKey } from '#cli/bundle/signing-key';
import type { JsonTools } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import type { RegistryClient } from '#cli/remote/registry-client';

export interface ReleaseOptions {
  readonly client: RegistryClient;
  readonly alias: string;
  readonly key: SigningKey;
  readonly canonical: JsonTools['canonical'];
  readonly facts: Omit<ReleaseFacts, 'position'>;
  /** What the names of the contracts begin with. Default: all contracts. */
  readonly select?: string;
  readonly signal: AbortSignal;
  readonly onBegin: (total: number) => void;
  readonly onContract: (name: string) => void;
}

/** What a release has come to. */
export type ReleaseOutcome =
  /** The alias names the same contracts, signed by the same key: nothing was written. */
  | { readonly kind: 'already'; readonly manifest: ReleaseManifest; readonly stored: StoredRelease }
  | { readonly kind: 'released'; readonly release: Release; readonly alias: AliasOutcome };

/**
 * Releases the contracts of a scope: reads them at one position, stores bundle, manifest, digest and signature as a dataset
 * of the registry, and moves the alias there. Broken off, it is done by running it again.
 * @throws ResponseError, CommandFault
 */
export async function releaseBundle(options: ReleaseOptions): Promise<ReleaseOutcome> {
  const { client, facts, canonical, key } = options;
  const { position, contracts }: ReadContracts = await readContracts(options);
  const bundle = buildBundle(contracts, canonical);
  const before = await readAlias(options);
  if (before?.manifest?.bundleSha256 === bundle.sha256)
    return { kind: 'already', manifest: before.manifest, stored: before.stored };
  const release = buildRelease(bundle, { ...facts, position }, { key, canonical });
  await uploadFiles(client, release);
  await registerTag(client, release, bundle);
  return { kind: 'released', release, alias: await moveAlias(release, options) };
}

/** A tag is written once. Another release of the same day with the same contracts has written the same bundle. */
async function registerTag(
  client: RegistryClient,
  release: Release,
  bundle: Bundle,
): Promise<void> {
  const { tag } = release.manifest;
  if (await registerRelease(client, release, { name: tag, etag: undefined })) return;
  const there = await findRelease(client, tag);
  const object = there?.objects.find(({ key }) => key === 'bundle.json');
  if (object?.sha256 === bundle.sha256) return;
  throw new CommandFault(
    EXIT.refused,
    `Cannot release ${tag}: another bundle has this tag, of SHA-256 "${object?.sha256}" (want "${bundle.sha256}")`,
  );
}
