import { z } from 'zod';
import { digestLine } from '#cli/bundle/build-release';
import {
  FORMAT_VERSION,
  RELEASE_FILE_NAMES,
  RELEASE_FILES,
  type ReleaseFiles,
  type ReleaseManifest,
  releaseManifestSchema,
  sha256Hex,
  tagOf,
} from '#cli/bundle/release-format';
import { signerOf, type VerifyingKey } from '#cli/bundle/signing-key';

/** What a release must be, beside whole and signed. */
export interface Expected {
  readonly tag?: string;
  readonly tenant?: string;
  readonly environment?: string;
}

export type Verdict =
  | { readonly kind: 'verified'; readonly manifest: ReleaseManifest }
  | { readonly kind: 'refused'; readonly reason: string };

const bundleSchema = z.looseObject({
  version: z.literal(FORMAT_VERSION),
  contracts: z.record(z.string(), z.looseObject({ version: z.string(), digest: z.string() })),
});

/**
 * Verifies a release. The signature is looked at before anything that it stands for is read; then the digest of the bundle,
 * the tag, and whether it is the release that was asked for: a good signature under another scope's release proves nothing.
 */
export function verifyRelease(
  files: ReleaseFiles,
  keys: readonly VerifyingKey[],
  expected: Expected = {},
): Verdict {
  const large = RELEASE_FILE_NAMES.find((name) => files[name].length > RELEASE_FILES[name]);
  if (large !== undefined)
    return refused(
      `${large} has ${files[large].length} bytes (want at most ${RELEASE_FILES[large]})`,
    );
  const signature = textOf(files['manifest.sig']);
  const signer = signerOf(files['manifest.json'], signature, keys);
  if (signer === undefined)
    return refused('manifest.sig was made by none of the public keys for this manifest.json');
  const parsed = releaseManifestSchema.safeParse(jsonOf(files['manifest.json']));
  if (!parsed.success) return refused(`manifest.json does not fit ${whereOf(parsed.error)}`);
  const manifest = parsed.data;
  const reason =
    faultOfManifest(manifest, signer) ??
    faultOfBundle(files, manifest) ??
    unexpected(manifest, expected);
  return reason === undefined ? { kind: 'verified', manifest } : refused(reason);
}

/** Verifies a manifest alone: who signed it, and whether it is one. Gives nothing where it is not to be trusted. */
export function trustedManifest(
  files: Pick<ReleaseFiles, 'manifest.json' | 'manifest.sig'>,
  keys: readonly VerifyingKey[],
): ReleaseManifest | undefined {
  const signer = signerOf(files['manifest.json'], textOf(files['manifest.sig']), keys);
  if (signer === undefined) return undefined;
  const parsed = releaseManifestSchema.safeParse(jsonOf(files['manifest.json']));
  return parsed.success ? parsed.data : undefined;
}

function faultOfManifest(manifest: ReleaseManifest, signer: VerifyingKey): string | undefined {
  const { tag, createdAt, bundleSha256, publicKeyId } = manifest;
  if (publicKeyId !== signer.id)
    return `manifest.json names key ${JSON.stringify(publicKeyId)}, it was signed by ${signer.id}`;
  const want = tagOf(createdAt, bundleSha256);
  return tag === want ? undefined : `manifest.json has tag ${tag} (want ${want})`;
}

function faultOfBundle(files: ReleaseFiles, manifest: ReleaseManifest): string | undefined {
  const bundle = files['bundle.json'];
  const digest = sha256Hex(bundle);
  if (digest !== manifest.bundleSha256)
    return `bundle.json has SHA-256 ${digest} (want ${manifest.bundleSha256})`;
  if (textOf(files['bundle.sha256']) !== digestLine(digest))
    return 'bundle.sha256 does not say the SHA-256 of bundle.json';
  const parsed = bundleSchema.safeParse(jsonOf(bundle));
  if (!parsed.success) return `bundle.json does not fit ${whereOf(parsed.error)}`;
  const count = Object.keys(parsed.data.contracts).length;
  return count === manifest.contracts
    ? undefined
    : `bundle.json holds ${count} contracts (want ${manifest.contracts})`;
}

function unexpected(manifest: ReleaseManifest, expected: Expected): string | undefined {
  const names = ['tag', 'tenant', 'environment'] as const;
  const wrong = names.find(
    (name) => expected[name] !== undefined && expected[name] !== manifest[name],
  );
  if (wrong === undefined) return undefined;
  return `it is the release of ${wrong} ${JSON.stringify(manifest[wrong])} (want ${JSON.stringify(expected[wrong])})`;
}

function whereOf({ issues }: z.ZodError): string {
  return `at "${issues[0]?.path.join('.')}"`;
}

/** Bytes as text, each byte one character: what is compared with ASCII must be ASCII. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason };
}
