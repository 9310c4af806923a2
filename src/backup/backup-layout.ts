import { canonicalJson } from '#domain/canonical-json';
import type { Sha256 } from '#domain/digest';

/** Names the format in every index and in what encryption binds a file to. */
export const BACKUP_FORMAT = 'atlas-registry-backup/1';

/**
 * How many bytes of events go into one segment before it is compressed. A store writes and reads a segment as one file, in
 * memory; smaller ones cost requests and a line of the index each.
 */
export const SEGMENT_BYTES_MAX = 8 * 2 ** 20;
/** The largest file of a backup: a segment of one message as large as brokers take (64 MiB), or the largest body of an event. */
export const BACKUP_FILE_BYTES_MAX = 256 * 2 ** 20;
/** The largest index: some 250,000 segments and bodies. */
export const INDEX_BYTES_MAX = 64 * 2 ** 20;

/** The folder of the indexes, one a backup. */
export const INDEX_FOLDER = 'indexes';
const DIGITS = 12;
const INDEX_NAME = /^(\d{12})\.json$/;

/** Gives the path of an index. */
export function indexPath(number: number): string {
  return `${INDEX_FOLDER}/${digits(number)}.json`;
}

/** Gives the number of an index by the name of its file; `undefined` for another file. */
export function indexNumber(name: string): number | undefined {
  const found = INDEX_NAME.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The folder of what one backup has added. A part of its files may be left of an attempt that did not end. */
export function filesFolder(number: number): string {
  return `files/${digits(number)}`;
}

/** Gives the name of a segment. With its digest, so that no attempt ever writes over the file of another. */
export function segmentName(stream: string, first: number, sha256: Sha256): string {
  return `${stream.toLowerCase()}-${digits(first)}-${sha256.slice(0, 16)}.segment`;
}

/** Gives the name of the body of an event; with both digests cut, so that errors show it whole. */
export function bodyName(body: Sha256, sha256: Sha256): string {
  return `${body.slice(0, 32)}-${sha256.slice(0, 16)}.body`;
}

/** What a segment is, for its encryption. */
export function segmentIdentity(
  { name, created }: { readonly name: string; readonly created: string },
  { first, last }: { readonly first: number; readonly last: number },
): string {
  return canonicalJson([BACKUP_FORMAT, 'segment', name, created, first, last]);
}

/** What a body is, for its encryption. */
export function bodyIdentity(body: Sha256): string {
  return canonicalJson([BACKUP_FORMAT, 'body', body]);
}

function digits(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
