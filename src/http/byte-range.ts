/** What part of a file a request asks for. */
export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly offset: number; readonly length: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: ByteRange = { kind: 'whole' };
const ONE_RANGE = /^bytes=(\d{0,16})-(\d{0,16})$/;

/**
 * Reads `Range` for a file of so many bytes (RFC 9110, section 14.2). Several ranges, other units and malformed ones are
 * answered with the whole file, which the RFC allows; so is one that `If-Range` names another file for.
 */
export function byteRange(
  header: (name: string) => string | undefined,
  file: { readonly bytes: number; readonly etag: string },
): ByteRange {
  const match = ONE_RANGE.exec(header('range')?.trim() ?? '');
  const ifRange = header('if-range');
  if (match === null || (ifRange !== undefined && ifRange.trim() !== file.etag)) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return WHOLE;
  if (first === '') return part(Math.max(0, file.bytes - Number(last)), file.bytes);
  const end = last === '' ? file.bytes : Math.min(file.bytes, Number(last) + 1);
  return Number(first) < file.bytes && end <= Number(first) ? WHOLE : part(Number(first), end);
}

function part(offset: number, end: number): ByteRange {
  return offset < end ? { kind: 'part', offset, length: end - offset } : { kind: 'unsatisfiable' };
}
