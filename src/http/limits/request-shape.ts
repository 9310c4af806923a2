import type { IncomingMessage } from 'node:http';
import { RegistryError } from '#domain/errors';

/** How large the head of a request may be. */
export interface ShapeLimits {
  readonly uriLengthMax: number;
  readonly headersMax: number;
  readonly queryParametersMax: number;
  readonly queryValueLengthMax: number;
}

/**
 * Checks the head of a request, before anything else is done for it.
 * @throws URI_TOO_LONG, HEADERS_TOO_LARGE; INVALID_REQUEST for a query or without a host
 */
export function checkShape(request: IncomingMessage, limits: ShapeLimits): void {
  const { url = '', rawHeaders, headers, httpVersion } = request;
  const { headersMax, uriLengthMax } = limits;
  if (url.length > uriLengthMax) {
    throw over(
      'URI_TOO_LONG',
      `Cannot use the address: it has ${url.length} characters (want at most ${uriLengthMax})`,
    );
  }
  if (rawHeaders.length > headersMax * 2) {
    throw over(
      'HEADERS_TOO_LARGE',
      `Cannot use the headers: there are ${rawHeaders.length / 2} (want at most ${headersMax})`,
    );
  }
  if (headers.host === undefined && httpVersion === '1.1')
    throw over('INVALID_REQUEST', 'Cannot use the request: it names no host (want a header Host)');
  const query = url.indexOf('?');
  if (query >= 0) checkQuery(url, query + 1, limits);
}

function checkQuery(
  url: string,
  begin: number,
  { queryParametersMax, queryValueLengthMax }: ShapeLimits,
): void {
  let count = 0;
  for (let at = begin; at < url.length; ) {
    const next = url.indexOf('&', at);
    const end = next < 0 ? url.length : next;
    count += 1;
    if (count > queryParametersMax) {
      throw over(
        'INVALID_REQUEST',
        `Cannot use the query: it has more than ${queryParametersMax} parameters (want at most ${queryParametersMax})`,
      );
    }
    if (end - at > queryValueLengthMax) {
      throw over(
        'INVALID_REQUEST',
        `Cannot use the query: parameter ${count} has ${end - at} characters (want at most ${queryValueLengthMax})`,
      );
    }
    at = end + 1;
  }
}

function over(
  code: 'URI_TOO_LONG' | 'HEADERS_TOO_LARGE' | 'INVALID_REQUEST',
  message: string,
): RegistryError {
  return new RegistryError(code, message, { outcome: 'not-applied' });
}
