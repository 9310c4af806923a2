import type { SchemaElement } from 'hyparquet';
import { canonicalJson } from '#domain/canonical-json';
import type { Artifact, DatasetObject, DatasetStatus, Manifest } from '#domain/dataset';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { parseSha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { parseScope, type Scope } from '#domain/scope';
import {
  parseRelease,
  parseTables,
  type Release,
  type TableDeclaration,
} from '#domain/table-declaration';

/** A manifest with the scope that its dataset belongs to. */
export interface ScopedManifest {
  readonly scope: Scope;
  readonly manifest: Manifest;
}

/** The row of a manifest file, as Parquet types: `bigint` for INT64, `Date` for timestamps, `null` for nothing. */
export type ManifestRow = Readonly<Record<string, unknown>>;

const text = {
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
} as const;
const whole = { type: 'INT64' } as const;
const time = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
} as const;

function column(name: string, type: Omit<SchemaElement, 'name'>, optional = false): SchemaElement {
  return { name, repetition_type: optional ? 'OPTIONAL' : 'REQUIRED', ...type };
}

const FILE_COLUMNS = [column('key', text), column('sha256', text), column('bytes', whole)];
const LIST = { converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 } as const;

/** The columns of a manifest file, depth first, as the footer lists them. */
export const MANIFEST_SCHEMA: readonly SchemaElement[] = [
  { name: 'manifest', num_children: 14 },
  column('tenant', text),
  column('environment', text),
  column('dataset_id', text),
  column('name', text),
  column('schema_fingerprint', text),
  column('row_count', whole, true),
  column('tables', text, true),
  column('release', text, true),
  column('status', text),
  column('created_at', time),
  column('updated_at', time),
  column('published_at', time, true),
  column('artifact', { num_children: 3 }, true),
  ...FILE_COLUMNS,
  column('objects', LIST),
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  column('element', { num_children: 4 }),
  ...FILE_COLUMNS,
  column('media_type', text, true),
];

/** The columns of the top level, in order. */
export const MANIFEST_COLUMNS = [
  'tenant',
  'environment',
  'dataset_id',
  'name',
  'schema_fingerprint',
  'row_count',
  'tables',
  'release',
  'status',
  'created_at',
  'updated_at',
  'published_at',
  'artifact',
  'objects',
] as const;

/** Writes a manifest as a row. @throws CORRUPT_EVENT for a time that is not RFC 3339 in UTC with milliseconds */
export function toManifestRow({ scope, manifest }: ScopedManifest): ManifestRow {
  const { artifact, publishedAt, release, rowCount, tables } = manifest;
  return {
    tenant: scope.tenant,
    environment: scope.environment,
    dataset_id: manifest.datasetId,
    name: manifest.name,
    schema_fingerprint: manifest.schemaFingerprint,
    row_count: rowCount === null ? null : BigInt(rowCount),
    tables: tables === undefined ? null : canonicalJson(tables),
    release: release === undefined ? null : canonicalJson(release),
    status: manifest.status,
    created_at: toDate(manifest.createdAt),
    updated_at: toDate(manifest.updatedAt),
    published_at: publishedAt === undefined ? null : toDate(publishedAt),
    artifact: artifact === undefined ? null : fileColumns(artifact),
    objects: manifest.objects.map((object) => ({
      ...fileColumns(object),
      media_type: object.mediaType ?? null,
    })),
  };
}

/**
 * Reads a manifest from its row.
 * @throws INVALID_REQUEST, INVALID_NAME when a value is not what a manifest holds, or the id is not that of the name
 */
export function fromManifestRow(row: ManifestRow): ScopedManifest {
  const scope = parseScope(textOf(row, 'tenant'), textOf(row, 'environment'));
  const name = parseDatasetName(textOf(row, 'name'));
  const datasetId = datasetIdOf(scope, name);
  if (row['dataset_id'] !== datasetId)
    throw wrong('dataset_id', {
      is: row['dataset_id'],
      want: `"${datasetId}", derived from the name`,
    });
  const status = statusOf(row);
  const { artifact, published_at: publishedAt } = row;
  const isReleased = status !== 'registered';
  if (isReleased !== isThere(artifact) || isReleased !== isThere(publishedAt))
    throw wrong('status', {
      is: status,
      want: 'an artifact and a time of publication where it is not "registered"',
    });
  const manifest: Manifest = {
    datasetId,
    name,
    schemaFingerprint: textOf(row, 'schema_fingerprint'),
    objects: objectsOf(row),
    rowCount: isThere(row['row_count']) ? wholeOf(row, 'row_count') : null,
    ...tablesOf(row),
    ...releaseOf(row),
    createdAt: timeOf(row, 'created_at'),
    updatedAt: timeOf(row, 'updated_at'),
    status,
  };
  if (!isReleased) return { scope, manifest };
  const released = { artifact: fileOf(artifact), publishedAt: timeOf(row, 'published_at') };
  return { scope, manifest: { ...manifest, ...released } };
}

/** The declared tables: JSON in a text, because nothing but the registry reads them. */
function tablesOf(row: ManifestRow): { readonly tables?: readonly TableDeclaration[] } {
  if (!isThere(row['tables'])) return {};
  try {
    return { tables: parseTables(JSON.parse(textOf(row, 'tables'))) };
  } catch {
    throw wrong('tables', { is: row['tables'], want: 'a list of declared tables' });
  }
}

/** What was released with the artifact, in the same way. */
function releaseOf(row: ManifestRow): { readonly release?: Release } {
  if (!isThere(row['release'])) return {};
  try {
    return { release: parseRelease(JSON.parse(textOf(row, 'release'))) };
  } catch {
    throw wrong('release', { is: row['release'], want: 'what was released with the artifact' });
  }
}

function fileColumns({ key, sha256, bytes }: Artifact): ManifestRow {
  return { key, sha256, bytes: BigInt(bytes) };
}

function toDate(timestamp: string): Date {
  const date = new Date(timestamp);
  if (!Number.isNaN(date.getTime()) && date.toISOString() === timestamp) return date;
  throw new RegistryError(
    'CORRUPT_EVENT',
    `Cannot write time ${quote(timestamp)} of a manifest: it is in another form (want RFC 3339 in UTC with milliseconds)`,
  );
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function textOf(row: ManifestRow, name: string): string {
  const value = row[name];
  if (typeof value !== 'string' || value === '') throw wrong(name, { is: value, want: 'a text' });
  return value;
}

function wholeOf(row: ManifestRow, name: string): number {
  const value = row[name];
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER))
    throw wrong(name, { is: value, want: `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}` });
  return Number(value);
}

function timeOf(row: ManifestRow, name: string): string {
  const value = row[name];
  if (!(value instanceof Date) || Number.isNaN(value.getTime()))
    throw wrong(name, { is: value, want: 'a point in time' });
  return value.toISOString();
}

const STATUSES: readonly DatasetStatus[] = ['registered', 'published', 'withdrawn'];

function statusOf(row: ManifestRow): DatasetStatus {
  const status = STATUSES.find((one) => one === row['status']);
  if (status === undefined) throw wrong('status', { is: row['status'], want: STATUSES.join(', ') });
  return status;
}

function objectsOf(row: ManifestRow): readonly DatasetObject[] {
  const { objects } = row;
  if (!Array.isArray(objects)) throw wrong('objects', { is: objects, want: 'a list' });
  const found = objects.map(objectOf);
  if (new Set(found.map(({ key }) => key)).size < found.length)
    throw wrong('objects', { is: 'one key twice', want: 'every key once' });
  return found;
}

function objectOf(value: unknown): DatasetObject {
  const file = fileOf(value);
  const row = value as ManifestRow;
  return isThere(row['media_type']) ? { ...file, mediaType: textOf(row, 'media_type') } : file;
}

function fileOf(value: unknown): Artifact {
  if (typeof value !== 'object' || value === null)
    throw wrong('key', { is: value, want: 'a file' });
  const row = value as ManifestRow;
  const [sha256, digest] = [textOf(row, 'sha256'), parseSha256(textOf(row, 'sha256'))];
  if (sha256 !== digest) throw wrong('sha256', { is: sha256, want: 'lower case' });
  return { key: textOf(row, 'key'), sha256: digest, bytes: wholeOf(row, 'bytes') };
}

function wrong(
  name: string,
  { is, want }: { readonly is: unknown; readonly want: string },
): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot read column "${name}" of a manifest: it is ${quote(String(is))} (want ${want})`,
    { details: { column: name } },
  );
}
