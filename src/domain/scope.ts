import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';

export type Tenant = Brand<string, 'Tenant'>;
export type Environment = Brand<string, 'Environment'>;

/** The owner of everything: a tenant and one of its environments. */
export interface Scope {
  readonly tenant: Tenant;
  readonly environment: Environment;
}

const LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Parses a tenant: 1 to 63 of `a-z 0-9 -`, not starting with `-`. @throws INVALID_NAME */
export function parseTenant(text: string): Tenant {
  return parseLabel('tenant', text) as Tenant;
}

/** Parses an environment: 1 to 63 of `a-z 0-9 -`, not starting with `-`. @throws INVALID_NAME */
export function parseEnvironment(text: string): Environment {
  return parseLabel('environment', text) as Environment;
}

/** Parses both halves of a scope. @throws INVALID_NAME */
export function parseScope(tenant: string, environment: string): Scope {
  return { tenant: parseTenant(tenant), environment: parseEnvironment(environment) };
}

/** The scope of whoever names none: tenant `default`, environment `dev`. */
export const DEFAULT_SCOPE: Scope = parseScope('default', 'dev');

/** Compares two scopes by value. */
export function sameScope(a: Scope, b: Scope): boolean {
  return a.tenant === b.tenant && a.environment === b.environment;
}

/** Writes a scope as `tenant/environment`, for keys of maps and for messages. */
export function scopeKey(scope: Scope): string {
  return `${scope.tenant}/${scope.environment}`;
}

/** Reads what `scopeKey` wrote. @throws INVALID_NAME */
export function parseScopeKey(key: string): Scope {
  const [tenant = '', environment = ''] = key.split('/');
  return parseScope(tenant, environment);
}

function parseLabel(noun: string, text: string): string {
  if (!LABEL.test(text)) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot use ${noun} ${quote(text)}: it does not match ${LABEL.source} (want 1 to 63 of a-z, 0-9 and "-", not starting with "-")`,
      { details: { [noun]: text.slice(0, 80) } },
    );
  }
  return text;
}
