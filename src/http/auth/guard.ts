import type { IncomingMessage } from 'node:http';
import { quote, RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE, type Scope } from '#domain/scope';
import type { Authenticator } from '#http/auth/authenticator';
import { furtherScope, PERMISSIONS, type Permission } from '#http/auth/permissions';
import { mayDo, maySee, type Principal } from '#http/auth/principal';

/** Lets a request that names no scope speak of the one that its token is for. */
export function nameScope(principal: Principal, { headers }: IncomingMessage): void {
  const [only, ...others] = principal.environments === '*' ? [] : principal.environments;
  if (principal.tenant !== '*') headers['atlas-tenant'] ??= principal.tenant;
  if (only !== undefined && others.length === 0) headers['atlas-environment'] ??= only;
  headers['atlas-environment'] ??= DEFAULT_SCOPE.environment;
}

/** Hides every scope that a token is not for. @throws NOT_FOUND */
export function checkScope(principal: Principal, scope: Scope): void {
  if (maySee(principal, scope)) return;
  throw new RegistryError(
    'NOT_FOUND',
    'Cannot find what is asked for: there is no such tenant and environment (want one that the token is for)',
    { outcome: 'not-applied' },
  );
}

/** Gives what a route asks for. @throws TypeError for a route that nobody has put into the table */
export function permissionOf(operationId: string): Permission {
  const permission = Object.hasOwn(PERMISSIONS, operationId) ? PERMISSIONS[operationId] : undefined;
  if (permission === undefined)
    throw new TypeError(`Route "${operationId}" has no row in the table of permissions`);
  return permission;
}

/**
 * Checks that whoever sends a request may do what its route does.
 * @throws UNAUTHENTICATED without a principal, FORBIDDEN with the scope that is missing
 */
export function checkPermission(
  operationId: string,
  principal: Principal | undefined,
  body: unknown,
): void {
  const permission = permissionOf(operationId);
  if (permission === 'public') return;
  if (principal === undefined) throw anonymous();
  if (principal.only !== undefined) {
    if (principal.only.has(operationId)) return;
    throw limited(operationId);
  }
  const further = furtherScope(operationId, body);
  const wanted = further === undefined ? permission : [...permission, further];
  const missing = wanted.find((scope) => !mayDo(principal, scope));
  if (missing === undefined) return;
  throw new RegistryError(
    'FORBIDDEN',
    `Cannot do ${quote(operationId)}: the token lacks scope ${quote(missing)} (want a token that has it)`,
    { details: { scope: missing }, outcome: 'not-applied' },
  );
}

/** Who sends a request, or what is wrong with how it says so; neither where it holds no credentials. */
export interface Sender {
  readonly principal?: Principal;
  readonly error?: Error;
}

/**
 * Lets a request in whose sender may do what its route does, in the scope that it speaks of.
 * @throws what is wrong with its credentials; NOT_FOUND; what `checkPermission` throws
 */
export function admit(operationId: string, { principal, error }: Sender, scope: Scope): void {
  if (permissionOf(operationId) === 'public') return;
  if (error !== undefined) throw error;
  if (principal !== undefined) checkScope(principal, scope);
  checkPermission(operationId, principal, undefined);
}

/** Tells whether a principal may have what is kept of earlier answers: those show datasets and contracts. */
export function mayReadKept(principal: Principal): boolean {
  return mayDo(principal, 'datasets:read') && mayDo(principal, 'contracts:read');
}

/** What the boundary asks for who sends a request. */
export type Guard = Pick<Authenticator, 'known' | 'wasRight' | 'authenticate'>;

function limited(operationId: string): RegistryError {
  return new RegistryError(
    'FORBIDDEN',
    `Cannot do ${quote(operationId)}: the bootstrap key only issues and revokes API keys (want one of those)`,
    { outcome: 'not-applied' },
  );
}

function anonymous(): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    'Cannot answer: the request holds no bearer token (want Authorization: Bearer <token or API key>)',
    { outcome: 'not-applied' },
  );
}
