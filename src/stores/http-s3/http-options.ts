import type { LookupAddress } from 'node:dns';
import { quote, RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { parseOutsideUrl } from '#flow/outside-url';

/** Longest waits, in milliseconds, from 1 to 2,147,483,647. */
export interface HttpLimits {
  /** For a connection, TLS included. Kept with a coarseness of about a second. */
  readonly connectMs: number;
  /** From the request to the head of the reply, the wait for a free connection included. */
  readonly firstByteMs: number;
  /** From one chunk to the next. The reader's own time counts only before the first: what nobody reads is let go. */
  readonly idleMs: number;
  /** From the request to the last byte of a catalog or manifest, the reader's own time included. */
  readonly totalMs: number;
  /** The same for an artifact. Too short, and a large one can never be fetched over a slow line. */
  readonly artifactTotalMs: number;
}

export interface HttpTransportOptions {
  readonly source: string;
  /** Where `catalog.json` lies: `http` or `https`, a path if need be, no credentials, query or fragment. */
  readonly baseUrl: string;
  /** Sent with each request, to this origin only. Default none. */
  readonly bearerToken?: string | undefined;
  /** Whether the host may stand in one's own network, see `checkHost()`. */
  readonly allowPrivateHosts: boolean;
  /** Connections at a time; what is more waits. As many as downloads at a time, and a few for catalogs. */
  readonly connectionsMax: number;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Whose certificates count, in PEM, in place of the authorities that come with Node. Default: those. */
  readonly ca?: string;
}

const TIMER_MS_MAX = 2_147_483_647;

/** Checks waits. @throws RangeError when a timer cannot wait that long */
export function checkLimits(limits: HttpLimits): void {
  for (const [name, ms] of Object.entries(limits)) {
    // A timer that is set for longer goes off at once.
    if (!Number.isInteger(ms) || ms < 1 || ms > TIMER_MS_MAX)
      throw new RangeError(`Cannot use ${name} ${ms}: it is no wait (want 1 to ${TIMER_MS_MAX})`);
  }
}

/**
 * Reads the URL of a store. It ends in a slash then.
 * @throws INVALID_SETTING when it is none, or holds what has no place in it; the text is not shown
 */
export function parseBaseUrl(text: string, source: string): URL {
  // It may hold a password.
  const refuse = (is: string): RegistryError =>
    new RegistryError(
      'INVALID_SETTING',
      `Cannot use the URL of source ${quote(source)}: ${is} (want "https://host/path")`,
    );
  const url = parseOutsideUrl(text, { schemes: ['http:', 'https:'], refuse });
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Checks that a token can stand in a header. @throws INVALID_SETTING when it cannot; it is not shown */
export function checkToken(token: string | undefined, source: string): void {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return;
  throw new RegistryError(
    'INVALID_SETTING',
    `Cannot use the bearer token of source ${quote(source)}: it has characters that no header has (want visible ASCII)`,
  );
}
