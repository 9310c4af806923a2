import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isRegistryError, RegistryError } from '#domain/errors';
import { type Principal } from '#http/auth/principal';

export interface AuthenticatorOptions {
  /** Verifies a token. @throws UNAUTHENTICATED */
  readonly verify: (token: string) => Promise<Principal>;
  /**
   * Finds out whom an API key belongs to, as it is now; `undefined` for a text that is none.
   * @throws UNAUTHENTICATED for one that is not in force, NOT_READY while that is not known
   */
  readonly findKey: (text: string) => Principal | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i;
// A token that was verified is not verified again for a while: signatures cost more than most reads.
const KEPT_MS = 60_000;
const KEPT_MAX = 10_000;
// API keys that were right once; as many as a node may well see.
const RIGHT_KEYS_MAX = 10_000;

/** A token that was verified: its principal for a while, and until it expires that it was right. */
interface Kept {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Finds out who sends a request, by its bearer token or API key. Nothing but the hash of a token is kept. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Whichever was verified longest ago comes first. */
  readonly #kept = new Map<string, Kept>();
  readonly #rightKeys = new Set<string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * Gives who sends a request where its token was verified a short while ago, or its API key was right before and still
   * is. Nothing is looked up for any other: whoever sends wrong ones is counted first.
   */
  known(request: IncomingMessage): Principal | undefined {
    const token = tokenOf(request);
    if (token === undefined) return undefined;
    const hash = hashOf(token);
    return this.#rightKeys.has(hash) ? this.#keyHolder(token, hash) : this.#find(hash);
  }

  /** Tells whether the token or API key of a request was right before: then it is hardly a guess. */
  wasRight(request: IncomingMessage): boolean {
    const token = tokenOf(request);
    if (token === undefined) return false;
    const hash = hashOf(token);
    return this.#rightKeys.has(hash) || this.#kept.has(hash);
  }

  /**
   * Finds out who sends a request; `undefined` where it holds no credentials at all.
   * @throws UNAUTHENTICATED for credentials that do not hold
   */
  async authenticate(request: IncomingMessage): Promise<Principal | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    const token = tokenOf(request);
    if (token === undefined) throw malformed();
    const hash = hashOf(token);
    const known = this.#find(hash);
    if (known !== undefined) return known;
    // Its holder is never kept: a key that is revoked ends at once.
    const holder = this.#holderOf(token, hash);
    if (holder !== undefined) return holder;
    const principal = await this.#verified(token, hash);
    this.#keep(hash, principal);
    return principal;
  }

  #keyHolder(token: string, hash: string): Principal | undefined {
    try {
      return this.#holderOf(token, hash);
    } catch {
      // Whoever asks for what is known does not want to hear why something is not.
      return undefined;
    }
  }

  #holderOf(token: string, hash: string): Principal | undefined {
    try {
      const holder = this.#options.findKey(token);
      if (holder !== undefined) this.#noteRight(hash);
      return holder;
    } catch (error) {
      // That a node is catching up says nothing of a key.
      if (isRegistryError(error, 'UNAUTHENTICATED')) this.#rightKeys.delete(hash);
      throw error;
    }
  }

  async #verified(token: string, hash: string): Promise<Principal> {
    try {
      return await this.#options.verify(token);
    } catch (error) {
      if (isRegistryError(error, 'UNAUTHENTICATED')) this.#kept.delete(hash);
      throw error;
    }
  }

  #find(hash: string): Principal | undefined {
    const kept = this.#kept.get(hash);
    if (kept === undefined) return undefined;
    const nowMs = this.#options.nowMs();
    if (nowMs < kept.untilMs) return kept.principal;
    if (nowMs >= kept.principal.expiresAt * 1_000) this.#kept.delete(hash);
    return undefined;
  }

  #keep(hash: string, principal: Principal): void {
    // Anew, so that it comes last.
    this.#kept.delete(hash);
    const oldest = this.#kept.size < KEPT_MAX ? undefined : this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
    const untilMs = Math.min(this.#options.nowMs() + KEPT_MS, principal.expiresAt * 1_000);
    this.#kept.set(hash, { principal, untilMs });
  }

  #noteRight(hash: string): void {
    if (this.#rightKeys.has(hash)) return;
    const oldest =
      this.#rightKeys.size < RIGHT_KEYS_MAX ? undefined : this.#rightKeys.values().next().value;
    if (oldest !== undefined) this.#rightKeys.delete(oldest);
    this.#rightKeys.add(hash);
  }
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function malformed(): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    'Cannot accept the credentials: they are no bearer token (want Authorization: Bearer <token>)',
    { outcome: 'not-applied' },
  );
}
