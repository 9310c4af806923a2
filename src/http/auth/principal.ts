import type { Scope } from '#domain/scope';
import type { AuthScope } from '#http/auth/auth-scope';

/** Who sends a request, as a token or an API key has proved. */
export interface Principal {
  /** Who it is: the actor of every command. */
  readonly subject: string;
  /** The one tenant that it may see; `*` for all, which only the bootstrap key may. */
  readonly tenant: string;
  /** The environments of that tenant that it may see; `*` for all. */
  readonly environments: '*' | ReadonlySet<string>;
  readonly scopes: ReadonlySet<AuthScope>;
  /** Where it is there: the operations that it may do, whatever its scopes, and no others. */
  readonly only?: ReadonlySet<string>;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Tells whether it has been taken back meanwhile; absent where nothing can be before it expires. */
  readonly isRevoked?: () => boolean;
}

/** Tells whether a principal may see a tenant's environment. To everybody else it is not there. */
export function maySee({ tenant, environments }: Principal, scope: Scope): boolean {
  if (tenant !== '*' && scope.tenant !== tenant) return false;
  return environments === '*' || environments.has(scope.environment);
}

/** Tells whether a principal may do something. An administrator may do everything within its tenant. */
export function mayDo({ scopes }: Principal, wanted: AuthScope): boolean {
  return scopes.has(wanted) || scopes.has('registry:admin');
}
