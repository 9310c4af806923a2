import { DEFAULT_SCOPE, parseScope, type Scope } from '#domain/scope';

/** The headers that name a scope. */
export const SCOPE_HEADERS = ['Atlas-Tenant', 'Atlas-Environment'] as const;

/** What a shared cache must tell replies apart by: a token names a scope too. */
export const VARY = [...SCOPE_HEADERS, 'Authorization'].join(', ');

const PREFIX = /^(\/tenants\/([^/]+)\/environments\/([^/]+))(\/.*)$/;

/** The scope of a request, and its path without the scope. */
export interface ScopedPath {
  readonly scope: Scope;
  readonly path: string;
  /** What stood before that path: nothing, or the scope. */
  readonly prefix: string;
}

/**
 * Reads the scope of a request: from `/tenants/{tenant}/environments/{environment}/...`, else from the headers
 * `Atlas-Tenant` and `Atlas-Environment`, else the default. @throws INVALID_NAME
 */
export function scopeOf(path: string, header: (name: string) => string | undefined): ScopedPath {
  const match = path.startsWith('/tenants/') ? PREFIX.exec(path) : null;
  if (match !== null) {
    const [, prefix = '', tenant = '', environment = '', rest = '/'] = match;
    return { scope: parseScope(tenant, environment), path: rest, prefix };
  }
  const [tenant, environment] = [header('atlas-tenant'), header('atlas-environment')];
  if (tenant === undefined && environment === undefined)
    return { scope: DEFAULT_SCOPE, path, prefix: '' };
  return {
    scope: parseScope(tenant ?? DEFAULT_SCOPE.tenant, environment ?? DEFAULT_SCOPE.environment),
    path,
    prefix: '',
  };
}
