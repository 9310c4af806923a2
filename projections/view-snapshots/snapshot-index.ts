import { z } from 'zod';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import type { SnapshotName } from '#projections/view-snapshots/snapshot-name';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

const indexSchema = z.strictObject({
  view: z.string(),
  schemaVersion: count,
  /** The checkpoint in the file. */
  position: count,
  streamCreated: z.string(),
  /** The hash of the event at that position: another log may have come as far. */
  lastHash: z.string(),
  /** The digest of the view, which says what a rebuild from position 1 must come to. */
  digest: z.string(),
  takenAt: z.string(),
  /** Of the file when it is put together again. */
  bytes: count,
  parts: z.array(z.strictObject({ sha256, bytes: count })).min(1),
});
const documentSchema = z.strictObject({ index: indexSchema, sha256 });

/** What is in a snapshot, and how to tell that it is whole. */
export type SnapshotIndex = z.output<typeof indexSchema>;

/** Bytes that an index may have: that of a file of 100 GB has 1.2 MB. */
export const INDEX_BYTES_MAX = 4_194_304;

/** Writes an index with its own checksum. */
export function encodeIndex(index: SnapshotIndex): Buffer {
  const document = { index, sha256: sha256Of(canonicalJson(index)) };
  return Buffer.from(`${canonicalJson(document)}\n`);
}

/** Reads an index, or says in words why it cannot be used. */
export function decodeIndex(bytes: Uint8Array): SnapshotIndex | string {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return 'its index is no JSON';
  }
  const read = documentSchema.safeParse(json);
  if (!read.success) return 'its index is not one that this version writes';
  const { index, sha256: told } = read.data;
  return sha256Of(canonicalJson(index)) === told ? index : 'its index does not match its checksum';
}

/** What a node wants of a snapshot. */
export interface WantedSnapshot {
  readonly view: string;
  readonly schemaVersion: number;
  readonly streamCreated: string;
  readonly stream: string;
  /** Where the log stands. */
  readonly last: number;
}

/** Says in words why a snapshot of this name does not fit; `undefined` when it does. */
export function nameFault(name: SnapshotName, wanted: WantedSnapshot): string | undefined {
  const { schemaVersion, stream, last } = wanted;
  if (name.schemaVersion !== schemaVersion)
    return `it has schema version ${name.schemaVersion} (want ${schemaVersion})`;
  if (name.stream !== stream) return 'it is of another stream (want the one that is there now)';
  if (name.position > last)
    return `it is at position ${name.position} (want at most ${last}, where the log ends)`;
  return undefined;
}

/** Says in words why an index is not that of its name; `undefined` when it is. */
export function indexFault(
  index: SnapshotIndex,
  name: SnapshotName,
  wanted: WantedSnapshot,
): string | undefined {
  if (index.view !== wanted.view)
    return `its index is of view "${index.view}" (want "${wanted.view}")`;
  if (index.streamCreated !== wanted.streamCreated)
    return `its stream was created ${index.streamCreated} (want ${wanted.streamCreated})`;
  if (index.position !== name.position || index.schemaVersion !== name.schemaVersion)
    return 'its index says another position or schema version than its name';
  return undefined;
}
