import { AtlasClient } from '#api-client/atlas-client';
import { checkScope, checkTarget, type RegistryTarget } from '#cli/contract/contract-registry';
import { environmentCredentials } from '#cli/profile/credentials';

// Somebody waits for it: publishing hashes what was uploaded.
const TIMEOUT_MS = 120_000;
const ATTEMPTS_MAX = 3;

/**
 * Makes the client of one scope of a registry, with the token and the certificate of its profile or of this process.
 * @throws CommandFault for an address, a scope or an actor that cannot be one
 */
export function connectAtlas(target: RegistryTarget, signal: AbortSignal): AtlasClient {
  checkTarget(target);
  const { url, tenant, environment, actor, credentials = environmentCredentials() } = target;
  checkScope({ tenant, environment });
  return new AtlasClient({
    url,
    tenant,
    environment,
    actor,
    token: credentials.token,
    fetch: credentials.fetch(),
    timeoutMs: TIMEOUT_MS,
    retry: { attemptsMax: ATTEMPTS_MAX, budgetMs: TIMEOUT_MS },
    signal,
  });
}
