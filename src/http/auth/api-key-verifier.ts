import { timingSafeEqual } from 'node:crypto';
import { type Sha256, sha256Of } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { readApiKey } from '#http/auth/api-key-text';
import { isAuthScope } from '#http/auth/auth-scope';
import { API_KEY_OPERATIONS } from '#http/auth/permissions';
import type { Principal } from '#http/auth/principal';
import type { PositionedView } from '#http/dependencies';
import type { ApiKeyQueries } from '#projections/catalog/api-key-queries';

export interface ApiKeyRules {
  readonly keys: () => ApiKeyQueries;
  /** The view that holds them. */
  readonly view: PositionedView;
  /** SHA-256 of the key that may issue and revoke the others; absent where there is none. */
  readonly bootstrap: Sha256 | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * Finds out whom an API key belongs to, as this node knows it now: a key that was revoked ends with the event that says so.
 * Gives `undefined` for a text that is none.
 * @throws UNAUTHENTICATED for a key that is unknown, expired or revoked; NOT_READY while this node does not know all keys
 */
export function verifyApiKey(text: string, rules: ApiKeyRules): Principal | undefined {
  if (rules.bootstrap !== undefined && isEqual(sha256Of(text), rules.bootstrap))
    return bootstrapPrincipal(rules.nowMs());
  const sent = readApiKey(text);
  if (sent === undefined) return undefined;
  // A view that is being built knows of keys before it knows that they were revoked.
  if (!rules.view.caughtUp) throw notReady();
  const found = rules.keys().find(sent.id);
  if (found === undefined || !isEqual(found.key.secretHash, sent.secretHash))
    throw refused('it is not known here');
  const { key, scope, id } = found;
  if (key.revokedAt !== undefined) throw refused('it was revoked');
  const expiresAtMs = Date.parse(key.expiresAt);
  if (expiresAtMs <= rules.nowMs()) throw refused('it has expired');
  return {
    subject: `api-key/${id}`,
    tenant: scope.tenant,
    environments: new Set([scope.environment]),
    scopes: new Set(key.scopes.filter(isAuthScope)),
    expiresAt: Math.floor(expiresAtMs / 1_000),
    isRevoked: () => rules.keys().find(id)?.key.revokedAt !== undefined,
  };
}

const BOOTSTRAP_MS = 3_600_000;

function bootstrapPrincipal(nowMs: number): Principal {
  return {
    subject: 'bootstrap',
    tenant: '*',
    environments: '*',
    scopes: new Set(),
    only: API_KEY_OPERATIONS,
    expiresAt: Math.floor((nowMs + BOOTSTRAP_MS) / 1_000),
  };
}

function isEqual(one: Sha256, other: Sha256): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}

function refused(is: string): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    `Cannot accept the API key: ${is} (want one that was issued here and is in force)`,
    { outcome: 'not-applied' },
  );
}

function notReady(): RegistryError {
  return new RegistryError(
    'NOT_READY',
    'Cannot tell whose API key it is: this node is catching up with the log (want /readyz to say ready)',
    { outcome: 'not-applied', retryAfterSeconds: 1 },
  );
}
