import type { Route } from '#http/route';

/**
 * What kind of work a request is: `health` for probes, `read` for what is looked up, `check` for what is computed about contracts,
 * `command` for what writes.
 */
export type RequestClass = 'health' | 'read' | 'check' | 'command';

/** What a request is about, in words of a short closed list. */
export interface RequestLabel {
  readonly class: RequestClass;
  /** Absent where no route was found. */
  readonly operation?: string;
  /** The template of the path. */
  readonly route?: string;
}

const CHECKS: ReadonlySet<string> = new Set(['checkContract', 'diffContracts', 'getChangelog']);
/** Routes that take a body and change nothing. */
const LOOKUPS: ReadonlySet<string> = new Set(['lookupGenes', 'ensemblLookups']);

/** Gives the label of all requests of a route. */
export function labelOf({
  operationId: operation,
  path: route,
  tag,
  method,
}: Pick<Route, 'operationId' | 'path' | 'tag' | 'method'>): RequestLabel {
  if (tag === 'health') return { class: 'health', operation, route };
  if (CHECKS.has(operation)) return { class: 'check', operation, route };
  const isRead = method === 'get' || LOOKUPS.has(operation);
  return { class: isRead ? 'read' : 'command', operation, route };
}

/** Gives the label of a request for which no route was found, or that was refused before. */
export function labelWithout(method: string): RequestLabel {
  return method === 'GET' || method === 'HEAD' ? UNROUTED_READ : UNROUTED_COMMAND;
}

const UNROUTED_READ: RequestLabel = { class: 'read' };
const UNROUTED_COMMAND: RequestLabel = { class: 'command' };

/** The label of requests for one gene that are answered without routing. */
export const FAST_GENES: RequestLabel = {
  class: 'read',
  operation: 'findGenes',
  route: '/v1/genes',
};
