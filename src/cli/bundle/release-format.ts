import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The files of a release, and the most bytes that each may have. */
export const RELEASE_FILES = {
  'bundle.json': 64 * 1_024 * 1_024,
  'bundle.sha256': 128,
  'manifest.json': 64 * 1_024,
  'manifest.sig': 128,
} as const;
export type ReleaseFileName = keyof typeof RELEASE_FILES;
export const RELEASE_FILE_NAMES = Object.keys(RELEASE_FILES) as readonly ReleaseFileName[];

/** The bytes of all files of one release. */
export type ReleaseFiles = Readonly<Record<ReleaseFileName, Uint8Array>>;

/** The version of the form of bundles and manifests. */
export const FORMAT_VERSION = '1.0.0';
/** Names that form where a registry asks for the schema of a dataset. */
export const SCHEMA_FINGERPRINT = 'contract-bundle-1';

const DATASET_FOLDER = 'contract-bundles';
const TAG = /^contracts-\d{8}-[0-9a-f]{8}$/;
const ALIAS = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a manifest says. Fields that are not known are left alone: the signature holds for them too. */
export const releaseManifestSchema = z.looseObject({
  version: z.literal(FORMAT_VERSION),
  tag: z.string().regex(TAG),
  createdAt: z.iso.datetime(),
  position: z.number().int().min(0),
  tenant: z.string(),
  environment: z.string(),
  bundle: z.literal('bundle.json'),
  bundleSha256: sha256,
  contracts: z.number().int().min(0),
  publicKeyId: z.string(),
  git: z.looseObject({ sha: z.string().optional(), branch: z.string().optional() }).optional(),
  description: z.string().optional(),
  select: z.string().optional(),
});
export type ReleaseManifest = z.output<typeof releaseManifestSchema>;

/** One contract of a bundle: what its registry holds of it that its readers go by. */
export interface BundledContract {
  readonly version: string;
  readonly digest: string;
  readonly jsonSchema?: string;
  readonly wit?: readonly object[];
  readonly descriptor?: unknown;
  readonly references?: readonly object[];
}

/** Makes the tag of a release from its time (RFC 3339) and the digest of its bundle. */
export function tagOf(createdAt: string, bundleSha256: string): string {
  return `contracts-${createdAt.slice(0, 10).replaceAll('-', '')}-${bundleSha256.slice(0, 8)}`;
}

/** Tells whether a name is a tag. An alias never is. */
export function isTag(name: string): boolean {
  return TAG.test(name);
}

/** Tells whether a name may be an alias. */
export function isAlias(name: string): boolean {
  return ALIAS.test(name) && !isTag(name);
}

/** Names the dataset that holds a release, by its tag or by an alias. */
export function datasetOf(name: string): string {
  return `${DATASET_FOLDER}/${name}`;
}

/** Hashes bytes: 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
