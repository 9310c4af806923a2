import type { FinishCommands } from '#commands/finish-job-run';
import { actionPlanner, type PlannerPorts } from '#commands/plan-actions';
import type { RunDefinitionCommands } from '#commands/run-definition';
import type { TriggerCommands } from '#commands/trigger-jobs';
import { versionOrderKey } from '#domain/contract-name';
import { parseJobDefinitionId } from '#domain/definition';
import { quote, RegistryError } from '#domain/errors';
import type { JobDefinition } from '#domain/job-definition';
import type { JobStage } from '#domain/job-stage';
import { NEWEST } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { PositionedView } from '#http/dependencies';
import type { CatalogReader } from '#projections/catalog/catalog-reader';
import type { DefinitionLists } from '#projections/catalog/definition-lists';

const PAGE = 200;

/** The catalog of this node, and how far it has come. */
export interface RunCatalog {
  readonly reader: () => CatalogReader;
  readonly view: Pick<PositionedView, 'name' | 'position' | 'caughtUp'>;
}

/**
 * What commands about runs read from the catalog of this node. Each of them throws NOT_READY while the catalog is not
 * open or has not caught up since the start: what it does not show may be there.
 */
export function runPorts({
  reader,
  view,
}: RunCatalog): Pick<FinishCommands, 'definitions' | 'planner'> &
  Pick<RunDefinitionCommands, 'runnable'> &
  Pick<TriggerCommands, 'listening'> {
  const catalog = (): CatalogReader => {
    if (view.caughtUp) return reader();
    throw notReady(
      `Cannot decide by view ${quote(view.name)}: it is at position ${view.position} and has not caught up with the log since the start (want /readyz to say ready)`,
    );
  };
  const definitions: FinishCommands['definitions'] = {
    find: async (scope, id, version) => {
      const found = catalog().jobDefinitions.find(scope, { id, version }, NEWEST);
      // Whoever has a run of it has seen it active: one that never was is behind, and what it refers to may be so too.
      return found !== undefined && WAS_ACTIVE.has(found.stage) ? found.definition : undefined;
    },
  };
  return {
    definitions,
    planner: actionPlanner({ definitions, profiles: profilePorts(catalog) }),
    runnable: runnablePorts(catalog),
    listening: (scope) => activeDefinitions(catalog(), scope),
  };
}

const WAS_ACTIVE: ReadonlySet<JobStage> = new Set(['active', 'retired']);

function runnablePorts(catalog: () => CatalogReader): RunDefinitionCommands['runnable'] {
  return {
    findStaged: async (scope, id, version) =>
      catalog().jobDefinitions.find(scope, { id, version }, NEWEST),
    isKnown: async (scope, id) => hasVersions(catalog().jobDefinitions, scope, id),
    approvedContract: async (scope, name, version) => {
      const { contracts } = catalog();
      const found =
        version === 'latest'
          ? contracts.latest(scope, name, NEWEST)
          : contracts.find(scope, { name, version }, NEWEST);
      return found?.stage === 'approved' ? found.bundle.version : undefined;
    },
  };
}

function profilePorts(catalog: () => CatalogReader): PlannerPorts['profiles'] {
  return {
    findActive: async (scope, id, version) => {
      const { actionProfiles } = catalog();
      const found = actionProfiles.find(scope, { id, version }, NEWEST);
      if (found?.stage === 'active') {
        const { definition } = found;
        return { version: definition.version, actions: definition.actions };
      }
      // A definition is activated on profiles that are there: an unknown one is not visible yet.
      const isKnown = version === 'latest' ? hasVersions(actionProfiles, scope, id) : found;
      if (isKnown) return undefined;
      throw notReady(
        `Cannot plan action profile ${quote(id)} version ${quote(version)}: the catalog of this node does not show it yet (want the same request later)`,
      );
    },
  };
}

function hasVersions(definitions: DefinitionLists, scope: Scope, id: string): boolean {
  return definitions.list(scope, { after: undefined, limit: 1, asOf: NEWEST, id }).length > 0;
}

function notReady(message: string): RegistryError {
  return new RegistryError('NOT_READY', message, { outcome: 'not-applied', retryAfterSeconds: 1 });
}

/** Goes through the highest active version of every job definition of a scope. */
async function* activeDefinitions(
  { jobDefinitions }: CatalogReader,
  scope: Scope,
): AsyncGenerator<JobDefinition> {
  let after: { readonly id: string; readonly orderKey: string } | undefined;
  let told: string | undefined;
  for (;;) {
    const page = jobDefinitions.list(scope, {
      after,
      limit: PAGE,
      asOf: NEWEST,
      stage: 'active',
    });
    for (const { id } of page) {
      if (id === told) continue;
      told = id;
      const wanted = { id: parseJobDefinitionId(id), version: 'latest' } as const;
      const found = jobDefinitions.find(scope, wanted, NEWEST);
      if (found !== undefined) yield found.definition;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = { id: last.id, orderKey: versionOrderKey(last.version) };
  }
}
