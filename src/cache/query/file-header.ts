import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { quote, RegistryError } from '#domain/errors';
import { codeOf } from '#stores/localfs/durable-files';

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const PAGE_BYTES_MAX = 65_536;
const WAL = 2;

/** Makes the error that says why a file cannot be served. `isDamaged`: its bytes are not what was published. */
export function unusable(
  path: string,
  is: string,
  { cause, isDamaged = false }: { readonly cause?: unknown; readonly isDamaged?: boolean } = {},
): RegistryError {
  return new RegistryError('DATASET_UNUSABLE', `Cannot use dataset file ${quote(path)}: ${is}`, {
    details: { reason: is, isDamaged },
    cause,
  });
}

/**
 * Checks what the first bytes of a file say of it, before SQLite sees it: SQLite opens a file that was cut off, and fails only
 * when it meets what is missing. Layout: the SQLite documentation, "Database File Format", section 1.3.
 * @throws DATASET_UNUSABLE for an empty file, another format, an encrypted one, WAL mode, and one that was cut off
 */
export function checkFileHeader(path: string): void {
  const { header, bytes } = readHeader(path);
  if (bytes === 0) throw unusable(path, 'it is empty (want a SQLite file)');
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw unusable(path, 'it is not a SQLite file, or encrypted (want a plain SQLite file)');
  if (header.length < HEADER_BYTES) throw cutOff(path, bytes, HEADER_BYTES);
  const pageBytes = pageBytesOf(header);
  if (pageBytes === undefined)
    throw unusable(path, 'its page size is no power of two from 512 to 65536', { isDamaged: true });
  if (header.readUInt8(18) === WAL || header.readUInt8(19) === WAL)
    throw unusable(path, 'its journal mode is WAL (want DELETE, set before it was published)');
  // The count is right only when the same writer wrote both numbers; very old ones left it alone.
  const hasCount = header.readUInt32BE(24) === header.readUInt32BE(92);
  const pages = hasCount ? header.readUInt32BE(28) : Math.ceil(bytes / pageBytes);
  if (bytes < pages * pageBytes) throw cutOff(path, bytes, pages * pageBytes);
}

function cutOff(path: string, bytes: number, want: number): RegistryError {
  return unusable(path, `it has ${bytes} bytes (want ${want}, as its header says)`, {
    isDamaged: true,
  });
}

function readHeader(path: string): { readonly header: Buffer; readonly bytes: number } {
  const file = openFile(path);
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const read = readSync(file, header, 0, HEADER_BYTES, 0);
    return { header: header.subarray(0, read), bytes: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    throw unusable(path, 'it is missing', { cause, isDamaged: true });
  }
}

/** Gives `undefined` for a size that no SQLite file has. */
function pageBytesOf(header: Buffer): number | undefined {
  const written = header.readUInt16BE(16);
  // 65,536 does not fit into two bytes and is written as 1.
  const bytes = written === 1 ? PAGE_BYTES_MAX : written;
  const isPowerOfTwo = bytes >= 512 && (bytes & (bytes - 1)) === 0;
  return isPowerOfTwo ? bytes : undefined;
}
