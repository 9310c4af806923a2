import { z } from 'zod';
import { canonicalJson } from '#domain/canonical-json';
import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { parseSha256, type Sha256, sha256Of } from '#domain/digest';
import { SQL_NAME } from '#domain/table-declaration';
import { StoreError, type StoreErrorClass, type StoreIdentity } from '#stores/store-error';

/** The most bytes that a catalog may have: 100,000 datasets take about 60 MB. */
export const CATALOG_BYTES_MAX = 268_435_456;
/** The most bytes that a manifest may have. */
export const MANIFEST_BYTES_MAX = 33_554_432;

const digest = z.string().transform((text) => parseSha256(text));
const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const entrySchema = z.strictObject({
  name: z.string().transform((text) => parseDatasetName(text)),
  dataset_id: z.uuid(),
  schema_fingerprint: z.string().min(1).max(256),
  row_count: size.nullable(),
  artifact: z.strictObject({ key: z.string().min(1).max(512), sha256: digest, bytes: size }),
  manifest: z.strictObject({ sha256: digest, bytes: size.max(MANIFEST_BYTES_MAX) }),
  published_at: z.iso.datetime(),
});

const catalogSchema = z.strictObject({
  model_version: z.literal('v1'),
  datasets: z.array(entrySchema),
});

/** One published dataset in the catalog of a store. */
export type StoreEntry = z.output<typeof entrySchema>;

/** The catalog of a store: entries sorted by name, each name once. */
export type StoreCatalog = z.output<typeof catalogSchema>;

const sqlName = z.string().regex(SQL_NAME);
const tableSchema = z.strictObject({
  name: sqlName,
  key: z.array(sqlName).min(1).max(4),
  range: z.strictObject({ within: sqlName, start: sqlName, end: sqlName }).optional(),
});

const manifestSchema = z.strictObject({
  dataset_id: z.uuid(),
  name: z.string().transform((text) => parseDatasetName(text)),
  schema_fingerprint: z.string().min(1).max(256),
  objects: z.array(
    z.strictObject({
      key: z.string().min(1).max(512),
      sha256: digest,
      bytes: size,
      media_type: z.string().min(1).max(255).optional(),
    }),
  ),
  row_count: size.nullable(),
  tables: z.array(tableSchema).max(64).optional(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  status: z.enum(['registered', 'published', 'withdrawn']),
  artifact: entrySchema.shape.artifact.optional(),
  published_at: z.iso.datetime().optional(),
  release: z
    .strictObject({
      tables: z.array(tableSchema).max(64),
      shards: z.strictObject({ sha256: digest, bytes: size }).optional(),
    })
    .optional(),
});

/** The manifest of a dataset as a file of a store. */
export type StoreManifest = z.output<typeof manifestSchema>;

/**
 * Reads a catalog.
 * @throws validation when it is not JSON, has fields that nobody knows, or is not sorted by name with each name once
 */
export function parseCatalog(bytes: Uint8Array, identity: StoreIdentity): StoreCatalog {
  const refuse = refusal('read the catalog', identity);
  const catalog = parseAs(catalogSchema, bytes, refuse);
  let before: DatasetName | undefined;
  for (const { name } of catalog.datasets) {
    if (before !== undefined && name <= before) {
      throw refuse(
        'validation',
        name === before
          ? `dataset "${name}" is in it twice`
          : `"${name}" stands behind "${before}"`,
      );
    }
    before = name;
  }
  return catalog;
}

/**
 * Reads the manifest of an entry.
 * @throws checksum when its bytes are not the ones that the entry names, validation when they are of another dataset or
 *   malformed
 */
export function parseManifest(
  bytes: Uint8Array,
  entry: StoreEntry,
  identity: StoreIdentity,
): StoreManifest {
  const actual = sha256Of(bytes);
  if (actual === entry.manifest.sha256) return checkManifest(bytes, entry, identity);
  const is = `its SHA-256 is "${actual}" (want "${entry.manifest.sha256}")`;
  throw manifestRefusal(entry, identity)('checksum', is);
}

/**
 * Reads the manifest of an entry from bytes that are known to be what was written.
 * @throws validation when it is of another dataset, names another artifact, or is malformed
 */
export function checkManifest(
  bytes: Uint8Array,
  entry: StoreEntry,
  identity: StoreIdentity,
): StoreManifest {
  const refuse = manifestRefusal(entry, identity);
  const manifest = parseAs(manifestSchema, bytes, refuse);
  if (manifest.name !== entry.name || manifest.dataset_id !== entry.dataset_id)
    throw refuse('validation', `it is of dataset "${manifest.name}" ${manifest.dataset_id}`);
  const { artifact } = manifest;
  if (artifact?.sha256 === entry.artifact.sha256 && artifact.bytes === entry.artifact.bytes)
    return manifest;
  const is = artifact === undefined ? 'none' : `"${artifact.sha256}"`;
  throw refuse(
    'validation',
    `its artifact is ${is} (want "${entry.artifact.sha256}" of the entry)`,
  );
}

function manifestRefusal({ name }: StoreEntry, identity: StoreIdentity): Refuse {
  return refusal(`read the manifest of dataset "${name}"`, identity);
}

/** Writes a catalog as it lies in a store: canonical JSON, with the digest of its bytes. */
export function writeCatalog(catalog: StoreCatalog): {
  readonly bytes: Buffer;
  readonly sha256: Sha256;
} {
  const bytes = Buffer.from(canonicalJson(catalog));
  return { bytes, sha256: sha256Of(bytes) };
}

/** Gives where a name stands among entries, which are sorted by it, or where it would stand. */
export function entryIndex(entries: readonly StoreEntry[], name: DatasetName): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry === undefined || entry.name >= name) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Refuse = (errorClass: StoreErrorClass, is: string, cause?: unknown) => StoreError;

function refusal(verb: string, identity: StoreIdentity): Refuse {
  return (errorClass, is, cause) => new StoreError(errorClass, identity, { verb, is, cause });
}

function parseAs<T extends z.ZodType>(schema: T, bytes: Uint8Array, refuse: Refuse): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse('validation', 'it is not JSON', cause);
  }
  try {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw refuse(
      'validation',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit'}`,
    );
  } catch (cause) {
    // Names and digests have parsers of their own, which throw.
    throw cause instanceof StoreError ? cause : refuse('validation', textOf(cause), cause);
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
