import { RegistryError } from '#domain/errors';

/** What a parser says of bytes that are no request. */
export interface ParserError extends Error {
  readonly code?: string;
  /** What it was reading. */
  readonly rawPacket?: Uint8Array;
}

const METHOD = /^[A-Z]+ \S/;

/** Turns what the parser of HTTP refuses into what clients are told; `undefined` where nobody is there to be told. */
export function clientErrorOf(
  error: ParserError,
  headerBytesMax: number,
): RegistryError | undefined {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return tooSlow('its headers did not come in time (want them at once)');
    case 'HPE_HEADER_OVERFLOW':
      return tooLong(error, headerBytesMax);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusal(
        'TOO_LARGE',
        'Cannot read the body: the extensions of its chunks are too long (want chunks without any)',
      );
    default:
      return refusal(
        'INVALID_REQUEST',
        `Cannot read the request: it is no HTTP/1.1, ${error.code ?? 'unknown'} (want a request as RFC 9112 says)`,
      );
  }
}

/** Says of a request that it comes too slowly. */
export function tooSlow(is: string): RegistryError {
  return refusal('REQUEST_TIMEOUT', `Cannot read the request: ${is}`);
}

function tooLong({ rawPacket }: ParserError, headerBytesMax: number): RegistryError {
  const text = rawPacket === undefined ? '' : Buffer.from(rawPacket).toString('latin1');
  const lineEnd = text.indexOf('\r\n');
  // The first line alone is too long: it is the address.
  if (METHOD.test(text) && (lineEnd < 0 || lineEnd > headerBytesMax)) {
    return refusal(
      'URI_TOO_LONG',
      `Cannot use the address: with its headers it is longer than ${headerBytesMax} bytes (want less)`,
    );
  }
  return refusal(
    'HEADERS_TOO_LARGE',
    `Cannot use the headers: with the address they are larger (want at most ${headerBytesMax} bytes)`,
  );
}

function refusal(
  code: 'INVALID_REQUEST' | 'REQUEST_TIMEOUT' | 'TOO_LARGE' | 'URI_TOO_LONG' | 'HEADERS_TOO_LARGE',
  message: string,
): RegistryError {
  return new RegistryError(code, message, { outcome: 'not-applied' });
}
