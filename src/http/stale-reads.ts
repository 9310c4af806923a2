import { RegistryError } from '#domain/errors';
import type { HttpDependencies } from '#http/dependencies';
import type { Reply, Route } from '#http/route';
import { WAY_BACK } from '#projections/log-continuity';

/** Says on a read why what it shows may not be the newest: the code of the error that writes get. */
export const STALE_HEADER = 'Atlas-Stale';

/** What the header says in the description of the API. */
export const STALE_DESCRIPTION =
  'FROZEN: the view that this shows has halted and is no longer the newest. Writes are refused with the same code; /readyz says why.';

const FROZEN_RETRY_SECONDS = 30;

/** What is shown of job runs; everything else is shown of the catalog or the stores of the registries. */
const OF_JOB_RUNS: ReadonlySet<string> = new Set(['job-runs', 'lineage']);
/** What shows no view, or content that is named by its digest. */
const OF_NO_VIEW: ReadonlySet<string> = new Set([
  'health',
  'state-machines',
  'debug',
  'cache',
  'drills',
  'artifacts',
]);

type ShownViews = Pick<HttpDependencies, 'catalogView' | 'registryStoresView' | 'jobRunsView'>;

/** Tells whether answers of a route show a view, so that they can be stale. */
export function showsView({ isCommand, tag }: Pick<Route, 'isCommand' | 'tag'>): boolean {
  return !isCommand && !OF_NO_VIEW.has(tag);
}

/** Tells whether any view of this node has halted: then nothing is answered from what was kept. */
export function isAnyStale({ catalogView, registryStoresView, jobRunsView }: ShownViews): boolean {
  return [catalogView, registryStoresView, jobRunsView].some(
    ({ haltedBy }) => haltedBy !== undefined,
  );
}

/** Tells whether what a route shows has halted. */
export function isStale(
  dependencies: ShownViews,
  route: Pick<Route, 'isCommand' | 'tag'>,
): boolean {
  if (!showsView(route)) return false;
  const { catalogView, registryStoresView, jobRunsView } = dependencies;
  const views = OF_JOB_RUNS.has(route.tag) ? [jobRunsView] : [catalogView, registryStoresView];
  return views.some(({ haltedBy }) => haltedBy !== undefined);
}

/** Marks a reply that shows a halted view, and keeps it out of every cache: none may give it as the newest. */
export function staleReply(reply: Reply): Reply {
  const headers = { ...reply.headers, [STALE_HEADER]: 'FROZEN', 'Cache-Control': 'no-store' };
  return { ...reply, headers };
}

/** Makes the error for what cannot be done while a view has halted. */
export function frozenError(verb: string, reason: string): RegistryError {
  return new RegistryError(
    'FROZEN',
    `Cannot ${verb}: ${reason} (want an operator to look at it: ${WAY_BACK})`,
    { outcome: 'not-applied', retryAfterSeconds: FROZEN_RETRY_SECONDS },
  );
}
