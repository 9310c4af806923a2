import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTH_SCOPES } from '#http/auth/auth-scope';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { AUDIENCE, ISSUER, publicKeys, tokenOf } from '#test/support/tokens';

/** A registry that asks for tokens of the tests' issuer. */
export interface GuardedRegistry extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts a registry that asks for tokens; settings by their names in the environment. Nothing is counted unless they say so:
 * sweeps over all routes send thousands of requests as one client.
 */
export async function startGuardedRegistry(
  env: Readonly<Record<string, string>> = {},
): Promise<GuardedRegistry> {
  const folder = tempFolder();
  const keys = join(folder.path, 'keys.json');
  writeFileSync(keys, JSON.stringify(await publicKeys()));
  const started: TestRegistry = await startTestRegistry({
    ATLAS_AUTH: 'jwt',
    ATLAS_JWT_ISSUER: ISSUER,
    ATLAS_JWT_AUDIENCE: AUDIENCE,
    ATLAS_JWT_KEYS: keys,
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_CLIENT_LIMITS: 'off',
    ...env,
  });
  return {
    url: started.registry.url,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Signs a token with every scope; claims replace those of the same name. */
export async function goodToken(claims: object = {}): Promise<string> {
  return await tokenOf({ scope: AUTH_SCOPES.join(' '), ...claims });
}
