import { bearerToken } from '#cli/bearer';
import { checkTarget, type RegistryTarget } from '#cli/contract/contract-registry';
import { CommandFault, EXIT } from '#cli/contract/exit-code';
import { registryFetch } from '#cli/registry-fetch';
import { AtlasClient } from '#client/atlas-client';

// Somebody waits for it: publishing hashes what was uploaded.
const TIMEOUT_MS = 120_000;
const ATTEMPTS_MAX = 3;
const SCOPE_PART = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Makes the client of one scope of a registry, with the token and the certificate of this process.
 * @throws CommandFault for an address, a scope or an actor that cannot be one
 */
export function connectAtlas(target: RegistryTarget, signal: AbortSignal): AtlasClient {
  checkTarget(target);
  const { url, tenant, environment, actor } = target;
  for (const [noun, value] of Object.entries({ tenant, environment }))
    if (!SCOPE_PART.test(value))
      throw new CommandFault(
        EXIT.usage,
        `Cannot use ${noun} ${JSON.stringify(value)}: that is none (want 1 to 63 of a-z, 0-9 and "-")`,
      );
  return new AtlasClient({
    url,
    tenant,
    environment,
    actor,
    token: bearerToken,
    fetch: registryFetch(),
    timeoutMs: TIMEOUT_MS,
    retry: { attemptsMax: ATTEMPTS_MAX, budgetMs: TIMEOUT_MS },
    signal,
  });
}
