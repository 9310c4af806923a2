import type { IncomingMessage } from 'node:http';
import { quote, RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE } from '#domain/scope';
import type { Authenticator } from '#http/auth/authenticator';
import { furtherScope, PERMISSIONS, type Permission } from '#http/auth/permissions';
import { mayDo, maySee, type Principal } from '#http/auth/principal';
import { scopeOf } from '#http/scope';

/**
 * Lets a request speak of the scope that its token is for, where it names none, and hides every other one.
 * @throws NOT_FOUND for a tenant or environment that the principal may not see
 */
export function enterScope(principal: Principal, request: IncomingMessage): void {
  const { headers } = request;
  const [only, ...others] = principal.environments === '*' ? [] : principal.environments;
  headers['atlas-tenant'] ??= principal.tenant;
  if (only !== undefined && others.length === 0) headers['atlas-environment'] ??= only;
  headers['atlas-environment'] ??= DEFAULT_SCOPE.environment;
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const { scope } = scopeOf(path, (name) => textOf(headers[name]));
  if (maySee(principal, scope)) return;
  throw new RegistryError(
    'NOT_FOUND',
    `Cannot find ${quote(path)}: there is no such tenant and environment (want one that the token is for)`,
    { outcome: 'not-applied' },
  );
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
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

/** Tells whether a principal may have what is kept of earlier answers: those show datasets and contracts. */
export function mayReadKept(principal: Principal): boolean {
  return mayDo(principal, 'datasets:read') && mayDo(principal, 'contracts:read');
}

/** What the boundary asks for who sends a request. */
export type Guard = Pick<Authenticator, 'known' | 'authenticate'>;

function anonymous(): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    'Cannot answer: the request holds no bearer token (want Authorization: Bearer <token>)',
    { outcome: 'not-applied' },
  );
}
