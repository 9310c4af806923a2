import { RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { GuardedHttp, readAnswer } from '#flow/guarded-http';
import { parseOutsideUrl } from '#flow/outside-url';
import { checkHost, type GuardedLookupOptions } from '#flow/private-hosts';

export interface PublishedKeysOptions {
  readonly url: string;
  /** Whether the issuer may stand in one's own network. */
  readonly allowPrivateHosts: boolean;
  readonly clock: Clock;
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: NonNullable<GuardedLookupOptions['resolve']>;
  /** Default: the authorities that come with Node. */
  readonly ca?: string;
}

/** Longest time for a fetch, from the lookup of the host to the last byte. */
export const KEYS_FETCH_MS = 5_000;
const KEYS_BYTES_MAX = 262_144;

/** The address at which an issuer publishes its keys. Nothing else is ever asked: no redirect is followed. */
export class PublishedKeys {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #http: GuardedHttp;

  /** @throws CANNOT_START when the address cannot be used */
  constructor({ url, clock, ...options }: PublishedKeysOptions) {
    const guard = { ...options, refusal };
    this.#url = parseOutsideUrl(url, { schemes: ['https:'], allowQuery: true, refuse: refusal });
    checkHost(this.#url, guard);
    this.#clock = clock;
    this.#http = new GuardedHttp({ ...guard, connectMs: KEYS_FETCH_MS, connectionsPerHostMax: 1 });
  }

  /** Fetches what is published there now. @throws what made that impossible */
  async fetchText(): Promise<string> {
    const error = (): Error => new Error(`The issuer took longer than ${KEYS_FETCH_MS} ms`);
    const limits = { ms: KEYS_FETCH_MS, clock: this.#clock, error };
    return await withDeadline(async (signal) => await this.#fetch(signal), limits);
  }

  close(): void {
    this.#http.close();
  }

  async #fetch(signal: AbortSignal): Promise<string> {
    const headers = { accept: 'application/json', 'accept-encoding': 'identity' };
    const asked = { url: this.#url, method: 'GET', headers } as const;
    const { statusCode, body } = await this.#http.send(asked, signal);
    if (statusCode === 200) return (await readAnswer(body, KEYS_BYTES_MAX)).toString('utf8');
    body.destroy();
    throw new Error(`The issuer answered ${statusCode}`);
  }
}

function refusal(is: string): RegistryError {
  return new RegistryError(
    'CANNOT_START',
    `Cannot use ATLAS_JWKS_URL: ${is} (want https://host/path at a public host, or ATLAS_ALLOW_PRIVATE_JWKS_HOST=true)`,
  );
}
