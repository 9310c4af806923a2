/** What requests cost. A read costs 1. */
export interface RequestCosts {
  readonly writeCost: number;
  readonly checkCost: number;
}

/** Checks and comparisons of contracts, and what publishes one: the ways into the threads that prove. */
const CHECKS = /\/registry\/contracts(?:\/[^/?]+\/(?:check|[^/?]+\/(?:diff\/[^/?]+|promote)))?$/;

/**
 * Says what a request costs by its method and address alone, before it is routed: what asks for nothing that there is
 * costs as much as what it looks like.
 */
export function costOf(
  { method, url = '' }: { readonly method?: string | undefined; readonly url?: string | undefined },
  { writeCost, checkCost }: RequestCosts,
): number {
  const isRead = method === 'GET' || method === 'HEAD';
  // Most requests: no pattern is tried for them.
  if (isRead && !url.includes('/diff/')) return 1;
  const end = url.indexOf('?');
  if (CHECKS.test(end < 0 ? url : url.slice(0, end))) return checkCost;
  return isRead ? 1 : writeCost;
}
