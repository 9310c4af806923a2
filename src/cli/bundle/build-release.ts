import {
  type BundledContract,
  FORMAT_VERSION,
  RELEASE_FILES,
  type ReleaseFiles,
  type ReleaseManifest,
  sha256Hex,
  tagOf,
} from '#cli/bundle/release-format';
import { type SigningKey, signBytes } from '#cli/bundle/signing-key';
import type { JsonTools } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';

/** A bundle: the same contracts give the same bytes, whoever builds it and whenever. */
export interface Bundle {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly contracts: number;
}

/** What a release says beside its contracts. */
export interface ReleaseFacts {
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** Where in the log the contracts were read. */
  readonly position: number;
  readonly tenant: string;
  readonly environment: string;
  readonly git?: { readonly sha?: string; readonly branch?: string };
  readonly description?: string;
  /** What the names of its contracts begin with, where it does not hold them all. */
  readonly select?: string;
}

/** A release, ready to be stored. */
export interface Release {
  readonly manifest: ReleaseManifest;
  readonly files: ReleaseFiles;
}

/** Builds the bundle of contracts, by name. @throws CommandFault when it is larger than 64 MiB */
export function buildBundle(
  contracts: ReadonlyMap<string, BundledContract>,
  canonical: JsonTools['canonical'],
): Bundle {
  const text = canonical({ version: FORMAT_VERSION, contracts: Object.fromEntries(contracts) });
  const bytes = Buffer.from(text);
  const bytesMax = RELEASE_FILES['bundle.json'];
  if (bytes.length > bytesMax) {
    throw new CommandFault(
      EXIT.refused,
      `Cannot release ${contracts.size} contracts: their bundle has ${bytes.length} bytes (want at most ${bytesMax}, by --select)`,
    );
  }
  return { bytes, sha256: sha256Hex(bytes), contracts: contracts.size };
}

/** Builds the other files of a release: the manifest, its signature, and the digest as `sha256sum` reads it. */
export function buildRelease(
  bundle: Bundle,
  facts: ReleaseFacts,
  { key, canonical }: { readonly key: SigningKey; readonly canonical: JsonTools['canonical'] },
): Release {
  const manifest: ReleaseManifest = {
    version: FORMAT_VERSION,
    tag: tagOf(facts.createdAt, bundle.sha256),
    ...facts,
    bundle: 'bundle.json',
    bundleSha256: bundle.sha256,
    contracts: bundle.contracts,
    publicKeyId: key.verifying.id,
  };
  const manifestBytes = Buffer.from(canonical(manifest));
  return {
    manifest,
    files: {
      'bundle.json': bundle.bytes,
      'bundle.sha256': Buffer.from(digestLine(bundle.sha256)),
      'manifest.json': manifestBytes,
      'manifest.sig': Buffer.from(signBytes(manifestBytes, key)),
    },
  };
}

/** Writes the line of `bundle.sha256`. */
export function digestLine(bundleSha256: string): string {
  return `${bundleSha256}  bundle.json\n`;
}
