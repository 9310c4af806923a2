import { z } from 'zod';
import { ResponseError } from '#api-client/errors';
import { messageOf } from '#cli/catalog-import/manifest-folder';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import type { Credentials } from '#cli/profile/credentials';
import { RegistryClient } from '#cli/remote/registry-client';

const PATH = '/debug/cache-stats';
/** Somebody waits at a terminal: a registry that has not answered by then is as good as away. */
const TIMEOUT_MS = 10_000;

const count = z.number().int().min(0);

// Loose: a newer registry may say more, and what it says more goes on to whoever reads JSON.
const cacheSchema = z.looseObject({
  files: z.array(
    z.looseObject({
      sha256: z.string(),
      kind: z.string(),
      datasets: z.array(z.string()),
      bytes: count,
      pinned: z.boolean(),
      leases: count,
      verified_age_ms: z.number().nullable(),
      last_use_age_ms: z.number(),
      quarantined_until: z.string().nullable(),
    }),
  ),
  quarantined: z.array(z.looseObject({ sha256: z.string(), until: z.string() })),
  bytes: count,
  bytes_max: count,
  hits: count,
  misses: count,
  downloads: count,
  evictions: count,
  quarantines: count,
});

/** How the dataset cache of a node stands, as that node says it. */
export type CacheDocument = z.output<typeof cacheSchema>;

/** How a registry is asked. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Who asks. Default: what the environment says. */
  readonly credentials?: Credentials | undefined;
}

/**
 * Asks a registry how its dataset cache stands.
 * @throws Error that says what to do: it does not answer, it does not serve `/debug/`, it answers something else
 */
export async function fetchCache(
  url: string,
  { signal, credentials }: FetchOptions = {},
): Promise<CacheDocument> {
  const refuse = (is: string, want: string, cause?: unknown): Error =>
    new Error(`Cannot show the cache of registry "${url}": ${is} (want ${want})`, { cause });
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new CommandFault(
      EXIT.usage,
      `Cannot show the cache of registry ${JSON.stringify(url)}: that is no address (want http://host:port)`,
    );
  const timed = signal === undefined ? {} : { signal };
  const client = new RegistryClient(url, { timeoutMs: TIMEOUT_MS, credentials, ...timed });
  let answer: unknown;
  try {
    answer = await client.find<unknown>(PATH);
  } catch (error) {
    throw refuse(whyNot(error), 'a registry that answers there', error);
  }
  if (answer === undefined)
    throw refuse(
      `it does not serve ${PATH}`,
      'it started with ATLAS_ENABLE_ADMIN_ENDPOINTS=true and ATLAS_ENABLE_DEBUG_DATASETS=true',
    );
  const parsed = cacheSchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join('.');
  throw refuse(`its answer does not fit at "${path}"`, 'a registry of this version', parsed.error);
}

function whyNot(error: unknown): string {
  if (error instanceof ResponseError)
    return `it answered ${error.status}${error.problem.code === undefined ? '' : `: ${error.message}`}`;
  if (error instanceof SyntaxError) return 'its answer is not JSON';
  if (error instanceof Error && error.name === 'TimeoutError')
    return `it has not answered within ${TIMEOUT_MS} ms`;
  return messageOf(error);
}
