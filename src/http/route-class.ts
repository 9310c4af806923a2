import type { Route } from '#http/route';

/**
 * What kind of work a route is: `health` is what probes ask for, `read` comes from the views, `rows` from a cached dataset,
 * `bytes` from the artifact store, `check` judges a contract, `command` appends to the log, `stream` goes on.
 */
export type RouteClass = 'health' | 'read' | 'rows' | 'bytes' | 'check' | 'command' | 'stream';

/** Which route has answered a request. One object a route, so that naming it costs nothing. */
export interface Routed {
  /** As in OpenAPI. */
  readonly route: string;
  readonly method: string;
  readonly class: RouteClass;
}

const OF_TAGS: Readonly<Record<string, RouteClass>> = {
  health: 'health',
  debug: 'health',
  rows: 'rows',
  genes: 'rows',
  ensembl: 'rows',
  store: 'bytes',
  artifacts: 'bytes',
};

/** Names a route for metrics and logs. */
export function routedOf(spec: Route): Routed {
  return { route: spec.path, method: spec.method, class: classOf(spec) };
}

function classOf({ method, tag, isCommand, isLongLived }: Route): RouteClass {
  if (isLongLived) return 'stream';
  if (isCommand) return 'command';
  if (tag === 'contracts' && method === 'post') return 'check';
  return OF_TAGS[tag] ?? 'read';
}
