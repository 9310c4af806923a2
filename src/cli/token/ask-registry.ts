import type { AtlasClient } from '#api-client/atlas-client';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from '#api-client/errors';
import type { RegistryTarget } from '#cli/contract/contract-registry';
import { connectAtlas } from '#cli/remote/connect-atlas';
import { readToken, type TokenFacts } from '#cli/token/read-token';

/** What a registry says of whoever sends a token. */
export interface TokenStanding {
  /** `not-asked` where it asks nobody who they are. */
  readonly accepted: 'yes' | 'no' | 'not-asked';
  readonly reason?: string;
  readonly facts: TokenFacts;
}

/** Asks a registry whether it takes a token, and what it knows of an API key. @throws ClientError when it cannot say */
export async function askRegistry(
  target: RegistryTarget,
  token: string | undefined,
  signal: AbortSignal,
): Promise<TokenStanding> {
  const facts: TokenFacts = token === undefined ? { kind: 'unknown' } : readToken(token);
  const fetch = target.credentials?.fetch;
  const nameless = {
    ...target,
    credentials: {
      token: () => undefined,
      fetch: fetch ?? (() => globalThis.fetch),
      tokenFrom: undefined,
    },
  };
  const withNone = await answerTo(connectAtlas(nameless, signal));
  if (withNone.accepted === 'yes' && withNone.reason === undefined)
    return { accepted: 'not-asked', facts };
  if (token === undefined) return { ...withNone, facts };
  const client = connectAtlas(target, signal);
  const answer = await answerTo(client);
  return { ...answer, facts: await completed(client, facts) };
}

type Answer = Pick<TokenStanding, 'accepted' | 'reason'>;

/** Sends the cheapest request that asks who sends it. */
async function answerTo(client: AtlasClient): Promise<Answer> {
  try {
    await client.call('listDatasets', { query: { limit: 1 } });
    return { accepted: 'yes' };
  } catch (error) {
    if (error instanceof UnauthenticatedError) return { accepted: 'no', reason: error.message };
    // It knows who asks; that is all that is asked.
    if (error instanceof ForbiddenError) return { accepted: 'yes', reason: error.message };
    if (error instanceof NotFoundError)
      return { accepted: 'yes', reason: 'but not for this tenant and environment' };
    throw error;
  }
}

/** Adds what the registry knows of an API key; only an administrator may see it. */
async function completed(client: AtlasClient, facts: TokenFacts): Promise<TokenFacts> {
  if (facts.key_id === undefined) return facts;
  try {
    const { data } = await client.call('getApiKey', { params: { id: facts.key_id } });
    return { ...facts, subject: data.name, scopes: data.scopes, expires_at: data.expires_at };
  } catch (error) {
    const isHidden =
      error instanceof UnauthenticatedError ||
      error instanceof ForbiddenError ||
      error instanceof NotFoundError;
    if (isHidden) return facts;
    throw error;
  }
}
