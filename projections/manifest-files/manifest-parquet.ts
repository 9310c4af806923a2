import {
  type FileMetaData,
  parquetMetadata,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { Manifest } from '#domain/dataset';
import { sha256Of } from '#domain/digest';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';
import {
  fromManifestRow,
  MANIFEST_COLUMNS,
  MANIFEST_SCHEMA,
  type ManifestRow,
  type ScopedManifest,
  toManifestRow,
} from '#projections/manifest-files/manifest-row';

const VERSION = '1';
const VERSION_KEY = 'atlas.manifest.version';
const CHECKSUM_KEY = 'atlas.manifest.sha256';
const CHECKSUM_DIGITS = 64;
const NO_CHECKSUM = '0'.repeat(CHECKSUM_DIGITS);
// In the footer a value of 64 bytes stands behind its key as two bytes, field and length, and then itself.
const VALUE_HEAD = Buffer.from([0x18, CHECKSUM_DIGITS]);
const MAGIC = Buffer.from('PAR1');

/**
 * Encodes a manifest as a Parquet file of one row. Columns are named as in the manifest of the HTTP API, with `tenant` and
 * `environment` before them: texts are STRING, `row_count` and `bytes` INT64, times TIMESTAMP in UTC with milliseconds,
 * `artifact` a struct, `objects` a list of structs. What is absent is NULL.
 *
 * The same manifest gives the same bytes: nothing is compressed, no statistics, no date, no version of a tool. The footer
 * holds the format's version and the SHA-256 of the file itself, computed with 64 zeros in its own place.
 * @throws CORRUPT_EVENT for a time that is not RFC 3339 in UTC with milliseconds
 */
export function encodeManifest(manifest: Manifest, scope: Scope): Uint8Array {
  const row = toManifestRow({ scope, manifest });
  const writer = new ByteWriter();
  // A ByteWriter is written to at once: there is no promise to wait for.
  void parquetWrite({
    writer,
    columnData: MANIFEST_COLUMNS.map((name) => ({
      name,
      data: [row[name]],
      encoding: 'PLAIN',
      offsetIndex: false,
    })),
    schema: [...MANIFEST_SCHEMA],
    codec: 'UNCOMPRESSED',
    statistics: false,
    pageSize: 0,
    createdBy: 'atlas-registry',
    kvMetadata: [
      { key: VERSION_KEY, value: VERSION },
      { key: CHECKSUM_KEY, value: NO_CHECKSUM },
    ],
  });
  const bytes = Buffer.from(writer.getBytes());
  const at = checksumPlace(bytes);
  if (at === undefined) throw new TypeError('A manifest file has no place for its checksum');
  bytes.write(sha256Of(bytes), at, 'latin1');
  return bytes;
}

/**
 * Decodes a manifest file. Strict: what `encodeManifest` did not write, or what has changed since, is refused.
 * @throws CHECKSUM_MISMATCH when a byte has changed, INVALID_REQUEST or INVALID_NAME when it is another kind of file, of
 *   another version, or says what no manifest says
 */
export async function decodeManifest(bytes: Uint8Array): Promise<ScopedManifest> {
  checkIntact(Buffer.from(bytes));
  const row = await readRow(bytes);
  return fromManifestRow(row);
}

function checksumPlace(bytes: Buffer): number | undefined {
  const key = Buffer.from(CHECKSUM_KEY);
  const at = bytes.lastIndexOf(key) + key.length;
  const head = bytes.subarray(at, at + VALUE_HEAD.length);
  const start = at + VALUE_HEAD.length;
  const isThere = at >= key.length && head.equals(VALUE_HEAD);
  return isThere && start + CHECKSUM_DIGITS <= bytes.length ? start : undefined;
}

/** Checks the file before anything reads it. It may change the bytes that it is given. */
function checkIntact(bytes: Buffer): void {
  if (!bytes.subarray(0, 4).equals(MAGIC) || !bytes.subarray(-4).equals(MAGIC))
    throw unreadable(`it has ${bytes.length} bytes that are no Parquet file`);
  const at = checksumPlace(bytes);
  if (at === undefined) throw unreadable('it is a Parquet file without the checksum of a manifest');
  const said = bytes.toString('latin1', at, at + CHECKSUM_DIGITS);
  bytes.write(NO_CHECKSUM, at, 'latin1');
  const is = sha256Of(bytes);
  if (is === said) return;
  throw new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot read manifest file: its SHA-256 is "${is}" (want ${quote(said)}, as its footer says)`,
  );
}

async function readRow(bytes: Uint8Array): Promise<ManifestRow> {
  try {
    const metadata = parquetMetadata(bytes);
    checkFormat(metadata);
    const file = {
      byteLength: bytes.length,
      slice: (start: number, end?: number) => new Uint8Array(bytes.slice(start, end)).buffer,
    };
    const rows = await parquetReadObjects({ file, metadata, parsers: { stringFromBytes } });
    const [row, ...more] = rows;
    if (row === undefined || more.length > 0)
      throw unreadable(`it has ${rows.length} rows`, 'one row');
    return row;
  } catch (error) {
    if (isRegistryError(error)) throw error;
    throw unreadable(error instanceof Error ? error.message : String(error), undefined, error);
  }
}

function checkFormat({
  key_value_metadata: pairs = [],
  schema,
  num_rows: rows,
}: FileMetaData): void {
  const version = pairs.find(({ key }) => key === VERSION_KEY)?.value;
  if (version !== VERSION)
    throw unreadable(`its format version is ${quote(version ?? 'none')}`, `"${VERSION}"`);
  const [has, wanted] = [schema.map(shape), MANIFEST_SCHEMA.map(shape)];
  const index = wanted.findIndex((one, i) => one !== has[i]);
  if (index !== -1 || has.length !== wanted.length) {
    const at = index === -1 ? wanted.length : index;
    const [is, want] = [has[at] ?? 'missing', wanted[at] ?? 'no more columns'];
    throw unreadable(`its column ${at} is ${is}`, want);
  }
  if (rows !== 1n) throw unreadable(`it has ${rows} rows`, 'one row');
}

/** What makes a column another one, as text. */
function shape(element: SchemaElement): string {
  const { name, type, repetition_type, converted_type, num_children } = element;
  const parts = [type, repetition_type, converted_type, num_children];
  return `${quote(name)} ${parts.filter((part) => part !== undefined).join(' ')}`;
}

// The reader's own decoder drops a byte order mark and replaces what is not UTF-8.
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function stringFromBytes(bytes: Uint8Array | null | undefined): string | undefined {
  return bytes === undefined || bytes === null ? undefined : DECODER.decode(bytes);
}

function unreadable(
  is: string,
  want = 'a manifest file as a registry wrote it',
  cause?: unknown,
): RegistryError {
  return new RegistryError('INVALID_REQUEST', `Cannot read manifest file: ${is} (want ${want})`, {
    cause,
  });
}
