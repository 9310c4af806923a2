import type { Route } from '#http/route';

/**
 * What kind of work a request is: `health` is what probes ask for, `read` comes from the views, `rows` from a cached dataset,
 * `bytes` from the artifact store, `check` judges or compares contracts, `command` writes, `stream` goes on.
 */
export type RequestClass = 'health' | 'read' | 'rows' | 'bytes' | 'check' | 'command' | 'stream';

/** What a request is about, in words of a short closed list. */
export interface RequestLabel {
  readonly class: RequestClass;
  /** Absent where no route was found. */
  readonly operation?: string;
  /** The template of the path. */
  readonly route?: string;
}

const CHECKS: ReadonlySet<string> = new Set(['checkContract', 'diffContracts', 'getChangelog']);
const OF_TAGS: Readonly<Record<string, RequestClass>> = {
  health: 'health',
  debug: 'health',
  rows: 'rows',
  genes: 'rows',
  ensembl: 'rows',
  store: 'bytes',
};

/** Gives the label of all requests of a route. */
export function labelOf(route: Route): RequestLabel {
  return { class: classOf(route), operation: route.operationId, route: route.path };
}

function classOf({ operationId, tag, method, isLongLived }: Route): RequestClass {
  if (isLongLived) return 'stream';
  if (CHECKS.has(operationId)) return 'check';
  const own = OF_TAGS[tag];
  if (own !== undefined) return own;
  if (method !== 'get') return 'command';
  return tag === 'artifacts' ? 'bytes' : 'read';
}

/** Gives the label of a request for which no route was found, or that was refused before. */
export function labelWithout(method: string): RequestLabel {
  return method === 'GET' || method === 'HEAD' ? UNROUTED_READ : UNROUTED_COMMAND;
}

const UNROUTED_READ: RequestLabel = { class: 'read' };
const UNROUTED_COMMAND: RequestLabel = { class: 'command' };

/** The label of requests for one gene that are answered without routing. */
export const FAST_GENES: RequestLabel = {
  class: 'rows',
  operation: 'listGenes',
  route: '/v1/genes',
};
