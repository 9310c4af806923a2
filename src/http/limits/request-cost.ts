/** What requests cost. A read costs 1. */
export interface RequestCosts {
  readonly writeCost: number;
  readonly checkCost: number;
  /** What 1 MiB of a JSON body costs, unpacked. */
  readonly bodyMibCost: number;
}

/**
 * Checks and comparisons of contracts, and what publishes one: the ways into the threads that prove. Like the router they
 * take no notice of case, nor of a slash at the end.
 */
const CHECKS =
  /\/registry\/contracts(?:\/[^/?]+\/(?:check|[^/?]+\/(?:diff\/[^/?]+|promote)))?\/?$/i;
const DIFF = /\/diff\//i;

/**
 * Says what a request costs by its method and address alone, before it is routed: what asks for nothing that there is
 * costs as much as what it looks like.
 */
export function costOf(
  { method, url = '' }: { readonly method?: string | undefined; readonly url?: string | undefined },
  { writeCost, checkCost }: Omit<RequestCosts, 'bodyMibCost'>,
): number {
  const isRead = method === 'GET' || method === 'HEAD';
  // Most requests: no pattern is tried for them.
  if (isRead && !DIFF.test(url)) return 1;
  const [path = ''] = url.split('?', 1);
  // A list of contracts is read where one is published.
  if (CHECKS.test(path) && (!isRead || DIFF.test(path))) return checkCost;
  return isRead ? 1 : writeCost;
}

const MIB = 1_048_576;

/** Says what a JSON body costs beyond its request, once it is known how large it is unpacked: small ones nothing. */
export function bodyCostOf(
  bytes: number,
  { bodyMibCost }: Pick<RequestCosts, 'bodyMibCost'>,
): number {
  return Math.floor((bytes * bodyMibCost) / MIB);
}
