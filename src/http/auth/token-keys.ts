import { createPublicKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { quote, RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';

/** Keys that tokens are verified with. A token names its key by `kid`, which is compared and never followed. */
export type TokenKeys = (
  header: Parameters<JWTVerifyGetKey>[0],
  token: Parameters<JWTVerifyGetKey>[1],
) => Promise<readonly VerificationKey[]>;

/** A key as the verifier takes it. */
export type VerificationKey = Awaited<ReturnType<JWTVerifyGetKey>>;

const KEYS_MAX = 100;
// While no keys are known at all nobody is let in: then it is asked for them more often.
const FIRST_COOLDOWN_MS = 1_000;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(KEYS_MAX) });

/**
 * Reads keys from the text of a file: a JWK set, one JWK, or a public key or certificate in PEM.
 * @throws INVALID_SETTING for anything else, for no key at all, and for private or secret ones
 */
export function keysFromText(text: string): TokenKeys {
  return text.trimStart().startsWith('{') ? keysOf(readKeySet(text)) : pemKeys(text);
}

/** Reads a set of public keys. @throws INVALID_SETTING */
function readKeySet(text: string): JSONWebKeySet {
  const value = parsed(text);
  const set = keySet.safeParse('keys' in value ? value : { keys: [value] });
  if (!set.success || set.data.keys.length === 0)
    throw unusable('it is no set of 1 to 100 JSON web keys');
  if (set.data.keys.some(isSecret)) throw unusable('it holds a private or secret key');
  return set.data;
}

function isSecret(key: object): boolean {
  return PRIVATE_MEMBERS.some((member) => member in key);
}

/** Reads the set that an issuer publishes: what is not public in it is left out. @throws INVALID_SETTING */
function readPublishedKeys(text: string): JSONWebKeySet {
  const set = keySet.safeParse(parsed(text));
  const keys = set.data?.keys.filter((key) => !isSecret(key)) ?? [];
  if (keys.length === 0) throw unusable('it is no set of 1 to 100 public JSON web keys');
  return { keys };
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw unusable('it is no JSON', cause);
  }
  throw unusable('it is no JSON object');
}

/** Makes keys of a set. A key of it that cannot be used fits no token. */
export function keysOf(set: JSONWebKeySet): TokenKeys {
  const find = createLocalJWKSet(set);
  return async (header, token) => {
    try {
      return [await find(header, token)];
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return [];
      // Without a `kid` several may fit: one of them has to verify.
      const all: VerificationKey[] = [];
      for await (const key of error) all.push(key);
      return all;
    }
  };
}

function pemKeys(text: string): TokenKeys {
  let key: KeyObject;
  try {
    if (text.includes('PRIVATE KEY')) throw new TypeError('it holds a private key');
    key = createPublicKey(text);
  } catch (cause) {
    throw unusable(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return async () => [key];
}

function unusable(is: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'INVALID_SETTING',
    `Cannot use keys of tokens: ${is} (want a JWK set, a JWK or a public key in PEM)`,
    { cause },
  );
}

export interface RemoteKeysOptions {
  readonly clock: Clock;
  /** Fetches the set of keys. Whatever it throws leaves the last good set in use. */
  readonly fetchText: () => Promise<string>;
  /** After how long the set is fetched again. */
  readonly maxAgeMs: number;
  /** How long not to fetch again for tokens whose key is not known. */
  readonly cooldownMs: number;
  readonly onTrouble?: (error: unknown) => void;
}

/** Keys that an issuer publishes. They are kept, and fetched again when they are old or a token names another one. */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  #keys: TokenKeys | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
  }

  /** Finds the keys for a token; none where the issuer has none of that name. @throws VIEW_UNAVAILABLE while none were ever fetched */
  readonly find: TokenKeys = async (header, token) => {
    const { clock, maxAgeMs } = this.#options;
    const known = (await this.#keys?.(header, token)) ?? [];
    const isOld = clock.monotonicMs() - this.#fetchedAtMs > maxAgeMs;
    // A key that is known is used while the set is fetched again.
    if (known.length > 0 && isOld) void this.#refresh();
    if (known.length > 0) return known;
    await this.#refresh();
    if (this.#keys === undefined) throw unreachable();
    return await this.#keys(header, token);
  };

  async #refresh(): Promise<void> {
    const { clock, cooldownMs } = this.#options;
    const waitMs = this.#keys === undefined ? Math.min(FIRST_COOLDOWN_MS, cooldownMs) : cooldownMs;
    if (this.#fetching === undefined && clock.monotonicMs() - this.#triedAtMs < waitMs) return;
    this.#fetching ??= this.#fetch();
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { clock, fetchText, onTrouble } = this.#options;
    this.#triedAtMs = clock.monotonicMs();
    try {
      this.#keys = keysOf(readPublishedKeys(await fetchText()));
      this.#fetchedAtMs = clock.monotonicMs();
    } catch (error) {
      onTrouble?.(error);
    } finally {
      this.#fetching = undefined;
    }
  }
}

function unreachable(): RegistryError {
  return new RegistryError(
    'VIEW_UNAVAILABLE',
    `Cannot verify tokens: the keys of their issuer could not be fetched (want ${quote('ATLAS_JWKS_URL')} to answer)`,
    { retryAfterSeconds: 5 },
  );
}
