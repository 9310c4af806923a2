import { quote } from '#domain/errors';
import type { StoreErrorClass } from '#stores/store-error';

/** The head of an HTTP reply to a GET. */
export interface HttpReplyHead {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface HttpAsked {
  readonly url: URL;
  /** The byte that was asked for as the first. With 0 the request has no range. */
  readonly offset: number;
}

/** What a reply is to a store. */
export type HttpReplyMeaning =
  | { readonly kind: 'not_modified' }
  /** Without a body what was asked for begins behind the last byte. */
  | {
      readonly kind: 'file';
      readonly etag: string | undefined;
      readonly bytes: number | undefined;
      readonly hasBody: boolean;
    }
  | { readonly kind: 'refused'; readonly class: StoreErrorClass; readonly is: string };

// RFC 9110, 8.8.3. What does not fit could not be sent back.
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;
const DIGITS = /^\d{1,15}$/;

/** Reads the head of a reply: status, entity tag and sizes. Never throws. */
export function readHttpReply(head: HttpReplyHead, asked: HttpAsked): HttpReplyMeaning {
  const { statusCode, headers } = head;
  if (statusCode === 304) return { kind: 'not_modified' };
  if (statusCode === 416) return readPastEnd(textOf(headers['content-range']), asked.offset);
  if (statusCode !== 200 && statusCode !== 206) return refuseStatus(head, asked.url);
  const encoding = textOf(headers['content-encoding'] ?? 'identity');
  if (encoding?.toLowerCase() !== 'identity') {
    const is = `it comes with Content-Encoding ${quote(String(headers['content-encoding']))}`;
    return { kind: 'refused', class: 'validation', is: `${is} (want "identity")` };
  }
  const text = textOf(headers['etag']);
  const etag = text !== undefined && ETAG.test(text) ? text : undefined;
  if (statusCode === 206) return readPart(textOf(headers['content-range']), etag, asked.offset);
  if (asked.offset > 0) {
    const is = `the server sends it from its first byte on (want from byte ${asked.offset} on)`;
    return { kind: 'refused', class: 'unsupported', is };
  }
  const length = textOf(headers['content-length']);
  const bytes = length !== undefined && DIGITS.test(length) ? Number(length) : undefined;
  return { kind: 'file', etag, bytes, hasBody: true };
}

/** The one value of a header; `undefined` when there is none or more than one. */
function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value.trim() : undefined;
}

function readPart(
  range: string | undefined,
  etag: string | undefined,
  offset: number,
): HttpReplyMeaning {
  const [, first = '', size = ''] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/i.exec(range ?? '') ?? [];
  if (offset === 0 || Number(first) !== offset || first === '') {
    const is = `it answered 206 with Content-Range ${quote(range ?? '')}`;
    const want = offset === 0 ? 'the whole' : `"bytes ${offset}-..."`;
    return { kind: 'refused', class: 'validation', is: `${is} (want ${want})` };
  }
  return { kind: 'file', etag, bytes: size === '*' ? undefined : Number(size), hasBody: true };
}

/** A range that begins behind the last byte has nothing in it, and is answered like one that begins further on. */
function readPastEnd(range: string | undefined, offset: number): HttpReplyMeaning {
  const [, size] = /^bytes \*\/(\d{1,15})$/i.exec(range ?? '') ?? [];
  if (size !== undefined && offset > 0 && Number(size) === offset)
    return { kind: 'file', etag: undefined, bytes: offset, hasBody: false };
  const is =
    size === undefined ? 'it answered 416 and does not say its size' : `it has ${size} bytes`;
  return { kind: 'refused', class: 'validation', is: `${is} (want at least ${offset})` };
}

function refuseStatus({ statusCode, headers }: HttpReplyHead, url: URL): HttpReplyMeaning {
  const is = `it answered ${statusCode}`;
  if (statusCode < 300 || statusCode >= 400)
    return { kind: 'refused', class: classOfStatus(statusCode), is };
  // Its origin alone: the rest may carry a signature.
  const location = textOf(headers['location']) ?? '';
  const target = URL.canParse(location, url.href) ? new URL(location, url).origin : '';
  return {
    kind: 'refused',
    class: 'validation',
    is: `${is} and points to ${quote(target)} (want the file itself: redirects are not followed)`,
  };
}

/** Gives the class of a status that is neither a file nor a redirect. */
export function classOfStatus(statusCode: number): StoreErrorClass {
  if (statusCode === 404 || statusCode === 410) return 'not_found';
  if (statusCode === 408 || statusCode === 504) return 'timeout';
  if (statusCode === 405 || statusCode === 501) return 'unsupported';
  const isTemporary = statusCode === 429 || statusCode >= 500;
  return isTemporary || statusCode === 401 || statusCode === 403 ? 'unavailable' : 'validation';
}
