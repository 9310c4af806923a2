import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RegistryError } from '#domain/errors';
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

interface Kept {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Finds out who sends a request, by its bearer token or API key. Nothing but the hash of a token is kept. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Gives who sends a request where its token was verified a short while ago. */
  known(request: IncomingMessage): Principal | undefined {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    return this.#find(keyOf(token)) ?? this.#keyHolder(token);
  }

  /**
   * Finds out who sends a request; `undefined` where it holds no credentials at all.
   * @throws UNAUTHENTICATED for credentials that do not hold
   */
  async authenticate(request: IncomingMessage): Promise<Principal | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw malformed();
    const key = keyOf(token);
    const known = this.#find(key);
    if (known !== undefined) return known;
    // Never kept: a key that is revoked ends at once.
    const holder = this.#options.findKey(token);
    if (holder !== undefined) return holder;
    const principal = await this.#options.verify(token);
    this.#keep(key, principal);
    return principal;
  }

  #keyHolder(token: string): Principal | undefined {
    try {
      return this.#options.findKey(token);
    } catch {
      // Whoever asks for what is known does not want to hear why something is not.
      return undefined;
    }
  }

  #find(key: string): Principal | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (this.#options.nowMs() < kept.untilMs) return kept.principal;
    this.#kept.delete(key);
    return undefined;
  }

  #keep(key: string, principal: Principal): void {
    const oldest = this.#kept.size < KEPT_MAX ? undefined : this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
    const untilMs = Math.min(this.#options.nowMs() + KEPT_MS, principal.expiresAt * 1_000);
    this.#kept.set(key, { principal, untilMs });
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function malformed(): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    'Cannot accept the credentials: they are no bearer token (want Authorization: Bearer <token>)',
    { outcome: 'not-applied' },
  );
}
