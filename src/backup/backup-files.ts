import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { type BackupFile, damaged } from '#backup/backup-index';
import type { BackupKey } from '#backup/backup-key';
import { BACKUP_FILE_BYTES_MAX, filesFolder } from '#backup/backup-layout';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { StoreFiles } from '#stores/publisher';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

// Events are JSON with much in common: level 1 comes to a sixth, level 6 to an eighth at a third of the speed.
const LEVEL = 1;

/** Where a backup lies and what its files are encrypted with. */
export interface BackupPlace {
  readonly files: StoreFiles;
  readonly key: BackupKey | undefined;
}

/** A file that is to be written. */
export interface NewFile {
  /** Of the backup that adds it. */
  readonly number: number;
  readonly identity: string;
  readonly nameOf: (sha256: Sha256) => string;
  readonly plain: Uint8Array;
}

/** Compresses, encrypts and writes a file that is durable when this ends. @throws TOO_LARGE, STORE_UNAVAILABLE */
export async function writeFile(place: BackupPlace, file: NewFile): Promise<BackupFile> {
  const { number, identity, nameOf, plain } = file;
  const packed = await deflate(plain, { level: LEVEL });
  const stored = place.key?.seal(identity, packed) ?? packed;
  const sha256 = sha256Of(stored);
  const path = `${filesFolder(number)}/${nameOf(sha256)}`;
  if (stored.length > BACKUP_FILE_BYTES_MAX) {
    throw new RegistryError(
      'TOO_LARGE',
      `Cannot write file ${quote(path)} of the backup: it has ${stored.length} bytes (want at most ${BACKUP_FILE_BYTES_MAX})`,
    );
  }
  await place.files.replace(path, stored);
  return { path, sha256, bytes: stored.length };
}

/** Reads a file and makes sure that it is what was written. @throws NOT_FOUND, CHECKSUM_MISMATCH, STORE_UNAVAILABLE */
export async function readFile(
  { files, key }: BackupPlace,
  { path, sha256 }: BackupFile,
  expected: { readonly identity: string; readonly plainBytes: number },
): Promise<Buffer> {
  const stored = await files.read(path, BACKUP_FILE_BYTES_MAX);
  if (stored === undefined) {
    throw new RegistryError(
      'NOT_FOUND',
      `Cannot use file ${quote(path)} of the backup: it is not there (want every file that the index names)`,
      { details: { path } },
    );
  }
  const actual = sha256Of(stored);
  if (actual !== sha256) throw damaged(path, `its SHA-256 is "${actual}", not "${sha256}"`);
  const packed = key === undefined ? stored : key.open(expected.identity, stored);
  if (packed === undefined) throw damaged(path, 'it is not encrypted as what the index calls it');
  const plain = await unpacked(packed, expected.plainBytes);
  if (plain?.length === expected.plainBytes) return plain;
  throw damaged(path, `it does not unpack to ${expected.plainBytes} bytes`);
}

async function unpacked(packed: Buffer, bytes: number): Promise<Buffer | undefined> {
  try {
    // What unpacks to more is cut off before it takes memory.
    return await inflate(packed, { maxOutputLength: bytes + 1 });
  } catch {
    return undefined;
  }
}
