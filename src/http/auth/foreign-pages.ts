import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { quote, RegistryError } from '#domain/errors';

/** Under which names a node may be asked, where nobody has to say who they are. */
export interface PageRules {
  /** Beside `localhost` and addresses; `undefined` allows every name. */
  readonly hosts: ReadonlySet<string> | undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
// `none` is what somebody typed. `same-site` is another port of this machine, too.
const OWN = new Set(['same-origin', 'none']);

/**
 * Refuses what a browser sends for the page of somebody else. Whoever asks nobody who they are must not take the browser of
 * its user for its user: a page writes with requests that need no leave (`Sec-Fetch-Site`, `Origin`), and reads and writes
 * once its own name leads here (`Host`).
 * @throws CROSS_SITE
 */
export function checkPage({ headers, method = '' }: IncomingMessage, { hosts }: PageRules): void {
  const { host = '', origin } = headers;
  if (hosts !== undefined && !isOwnHost(host, hosts)) {
    throw refusal(
      `it is for host ${quote(host)} (want localhost, an address, or a name in ATLAS_HOST_NAMES)`,
    );
  }
  if (SAFE.has(method)) return;
  const site = headers['sec-fetch-site'];
  // Who is trusted to name the site of a page is trusted to be a browser: it sets both.
  if (site === undefined ? isOwnOrigin(origin, host) : OWN.has(site)) return;
  throw refusal(
    `a page of ${quote(origin ?? 'another site')} sent it (want one of this registry, or no browser)`,
  );
}

function isOwnHost(host: string, hosts: ReadonlySet<string>): boolean {
  const name = nameOf(host);
  // A page cannot make its own address lead elsewhere. Browsers always name a host.
  if (name === '' || isIP(name) !== 0) return true;
  return name === 'localhost' || name.endsWith('.localhost') || hosts.has(name);
}

/** Gives the name in a header `Host`, without its port and the brackets of IPv6. */
function nameOf(host: string): string {
  const name = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, '');
  return name.toLowerCase().replace(/\.$/, '');
}

// Without the scheme: what ends TLS before the registry passes on another one.
function isOwnOrigin(origin: string | undefined, host: string): boolean {
  return origin === undefined || origin.replace(/^https?:\/\//i, '') === host;
}

function refusal(is: string): RegistryError {
  return new RegistryError('CROSS_SITE', `Cannot answer the request: ${is}`, {
    outcome: 'not-applied',
  });
}
