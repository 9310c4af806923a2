import { setTimeout as delay } from 'node:timers/promises';
import type { Release } from '#cli/bundle/build-release';
import type { ReleaseManifest } from '#cli/bundle/release-format';
import {
  DamagedRelease,
  downloadFile,
  findRelease,
  registerRelease,
  type StoredRelease,
} from '#cli/bundle/release-store';
import type { SigningKey } from '#cli/bundle/signing-key';
import { trustedManifest } from '#cli/bundle/verify-release';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import type { RegistryClient } from '#cli/remote/registry-client';

/** What an alias names: the stored release, and its manifest where the given key signed it. */
export interface AliasTarget {
  readonly stored: StoredRelease;
  readonly manifest: ReleaseManifest | undefined;
}

/**
 * What became of an alias. `moved`: it names this release. `already`: it names one with the same contracts. `left`: it names
 * a newer release, and stays.
 */
export type AliasOutcome =
  | { readonly kind: 'moved'; readonly before: string | undefined }
  | { readonly kind: 'already'; readonly manifest: ReleaseManifest }
  | { readonly kind: 'left'; readonly manifest: ReleaseManifest };

export interface AliasOptions {
  readonly client: RegistryClient;
  readonly alias: string;
  readonly key: SigningKey;
  readonly signal: AbortSignal;
}

// Each failed attempt means that another releaser has moved the alias: sixteen of them at once are nobody's practice.
const ATTEMPTS_MAX = 16;
const PAUSE_MS = 40;

/** Looks what an alias names; `undefined` where there is none. A manifest that is not signed by the key is not believed. */
export async function readAlias({
  client,
  alias,
  key,
}: Omit<AliasOptions, 'signal'>): Promise<AliasTarget | undefined> {
  const stored = await findRelease(client, alias);
  if (stored === undefined) return undefined;
  try {
    const files = {
      'manifest.json': await downloadFile(client, stored, 'manifest.json'),
      'manifest.sig': await downloadFile(client, stored, 'manifest.sig'),
    };
    return { stored, manifest: trustedManifest(files, [key.verifying]) };
  } catch (error) {
    if (!(error instanceof DamagedRelease)) throw error;
    return { stored, manifest: undefined };
  }
}

/**
 * Moves an alias to a release by compare-and-set. Where another releaser was faster it is read again: a newer release (one
 * that was read at a higher position) keeps the alias, an older one loses it. So the alias ends at the newest of all,
 * whatever the order.
 * @throws CommandFault when 16 attempts were not enough
 */
export async function moveAlias(release: Release, options: AliasOptions): Promise<AliasOutcome> {
  const { client, alias, signal } = options;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const current = await readAlias(options);
    const manifest = current?.manifest;
    if (manifest !== undefined && manifest.bundleSha256 === release.manifest.bundleSha256)
      return { kind: 'already', manifest };
    // A position that the log has not reached is a mistake of whoever wrote it, and would hold the alias for ever.
    const isReal = manifest !== undefined && manifest.position <= (current?.stored.position ?? 0);
    if (isReal && manifest.position > release.manifest.position) return { kind: 'left', manifest };
    const place = { name: alias, etag: current?.stored.etag };
    if (await registerRelease(client, release, place))
      return { kind: 'moved', before: manifest?.tag };
    await delay(PAUSE_MS * attempt * Math.random(), undefined, { signal });
  }
  throw new CommandFault(
    EXIT.refused,
    `Cannot move alias ${JSON.stringify(alias)}: others were faster ${ATTEMPTS_MAX} times (want fewer releases at once)`,
  );
}
