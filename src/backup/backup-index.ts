import { z } from 'zod';
import type { BackupKey } from '#backup/backup-key';
import {
  BACKUP_FORMAT,
  INDEX_BYTES_MAX,
  INDEX_FOLDER,
  indexNumber,
  indexPath,
} from '#backup/backup-layout';
import { canonicalJson } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { StoreFiles } from '#stores/publisher';

const count = z.number().int().min(0);
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => text as Sha256);
/** A file of the backup: where it lies, and what it must be as it lies there. */
const file = z.object({ path: z.string(), sha256, bytes: count });
const segment = z.object({ file, first: count, last: count, plainBytes: count });
const stream = z.object({
  name: z.string(),
  /** When it was created: by this a stream is told from another of its name. */
  created: z.string(),
  last: count,
  /** Of the last message; of none in an empty stream. */
  lastSha256: sha256.optional(),
  segments: z.array(segment),
});
const body = z.object({ sha256, bytes: count, file });
/** What a view said of itself before anything was read. */
const view = z.object({
  name: z.string(),
  stream: z.string(),
  position: count,
  digest: z.string(),
  /** Of the bucket: the largest value that it takes. */
  valueBytesMax: count.optional(),
});
const index = z.object({
  number: count,
  /** RFC 3339. */
  madeAt: z.string(),
  registryVersion: z.string(),
  /** The backup that this one goes on from; absent for one that has begun at position 1. */
  previous: z.object({ number: count, sha256 }).optional(),
  /** The key that the files are encrypted with; absent where they are not. */
  keyId: z.string().optional(),
  streams: z.array(stream),
  /** The bodies of events that lie in the artifact store. */
  bodies: z.array(body),
  views: z.array(view),
});
const sealed = z.object({
  format: z.literal(BACKUP_FORMAT),
  // All of it is proved, also what a newer version has added.
  index: z.object({ keyId: z.string().optional() }).loose(),
  /** HMAC-SHA256 with the key, or SHA-256 where there is none. */
  proof: z.string(),
});

export type BackupIndex = z.infer<typeof index>;
export type BackupStream = z.infer<typeof stream>;
export type BackupSegment = z.infer<typeof segment>;
export type BackupBody = z.infer<typeof body>;
export type BackupFile = z.infer<typeof file>;
export type NotedView = z.infer<typeof view>;

/** An index as it was found. */
export interface FoundIndex {
  readonly index: BackupIndex;
  /** Of its file. */
  readonly sha256: Sha256;
}

/** Writes an index, which makes the backup one. @throws CONTENTION when another backup has this number */
export async function writeIndex(
  files: StoreFiles,
  content: BackupIndex,
  key: BackupKey | undefined,
): Promise<void> {
  const text = canonicalJson(content);
  const proof = key?.mac(text) ?? sha256Of(text);
  const bytes = Buffer.from(canonicalJson({ format: BACKUP_FORMAT, index: content, proof }));
  if (bytes.length > INDEX_BYTES_MAX) {
    throw new RegistryError(
      'TOO_LARGE',
      `Cannot write index ${content.number} of the backup: it has ${bytes.length} bytes (want at most ${INDEX_BYTES_MAX}: begin anew at another place)`,
    );
  }
  if (await files.create(indexPath(content.number), bytes)) return;
  throw new RegistryError(
    'CONTENTION',
    `Cannot write index ${content.number} of the backup: another backup has written it (want one at a time in one place)`,
  );
}

/** Gives the numbers of the backups at a place, ascending. */
export async function indexNumbers(files: StoreFiles): Promise<readonly number[]> {
  return (await files.list(INDEX_FOLDER))
    .flatMap((name) => indexNumber(name) ?? [])
    .toSorted((a, b) => a - b);
}

/**
 * Reads an index and makes sure that it is what was written.
 * @throws NOT_FOUND, CHECKSUM_MISMATCH when it was changed or cut off, INVALID_REQUEST for a key that is not its own
 */
export async function readIndex(
  files: StoreFiles,
  number: number,
  key: BackupKey | undefined,
): Promise<FoundIndex> {
  const path = indexPath(number);
  const bytes = await files.read(path, INDEX_BYTES_MAX);
  if (bytes === undefined) {
    throw new RegistryError(
      'NOT_FOUND',
      `Cannot read index ${quote(path)}: it is not there (want a backup with this number)`,
    );
  }
  const parsed = sealed.safeParse(jsonOf(bytes));
  if (!parsed.success) throw damaged(path, 'it is cut off, or no index of this format');
  const { index: raw, proof } = parsed.data;
  checkKey(path, raw.keyId, key);
  const text = canonicalJson(raw);
  const isProved = key === undefined ? proof === sha256Of(text) : key.proves(text, proof);
  const content = index.safeParse(raw);
  if (!isProved || !content.success || content.data.number !== number)
    throw damaged(path, 'it was changed');
  return { index: content.data, sha256: sha256Of(bytes) };
}

function checkKey(path: string, keyId: string | undefined, key: BackupKey | undefined): void {
  if (keyId === key?.id) return;
  const isEncrypted = keyId !== undefined;
  const is = isEncrypted ? `it was made with key ${keyId}` : 'it was made without a key';
  const want = isEncrypted ? '--key with the file of that key' : 'no --key';
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot read index ${quote(path)}${key === undefined ? '' : ` with key ${key.id}`}: ${is} (want ${want})`,
  );
}

/** Makes the error for a file of a backup that is not what was written. */
export function damaged(path: string, is: string): RegistryError {
  return new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot use file ${quote(path)} of the backup: ${is} (want it as it was written)`,
    { details: { path } },
  );
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
