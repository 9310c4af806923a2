import type { FinishCommands, ResultStore } from '#commands/finish-job-run';
import { actionPlanner, type PlannerPorts } from '#commands/plan-actions';
import type { RunDefinitionCommands } from '#commands/run-definition';
import type { TriggerCommands } from '#commands/trigger-jobs';
import { versionOrderKey } from '#domain/contract-name';
import { parseJobDefinitionId } from '#domain/definition';
import type { JobDefinition } from '#domain/job-definition';
import { toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { CatalogReader } from '#projections/catalog/catalog-reader';
import type { Publisher } from '#stores/publisher';

const NEWEST = toPosition(Number.MAX_SAFE_INTEGER);
const PAGE = 200;

/** What commands about runs read from the catalog of this node. */
export function runPorts(
  catalog: () => CatalogReader,
): Pick<FinishCommands, 'definitions' | 'planner'> &
  Pick<RunDefinitionCommands, 'runnable'> &
  Pick<TriggerCommands, 'listening'> {
  const definitions: FinishCommands['definitions'] = {
    find: async (scope, id, version) =>
      catalog().jobDefinitions.find(scope, { id, version }, NEWEST)?.definition,
  };
  return {
    definitions,
    planner: actionPlanner({ definitions, profiles: profilePorts(catalog) }),
    runnable: {
      findStaged: async (scope, id, version) =>
        catalog().jobDefinitions.find(scope, { id, version }, NEWEST),
      approvedContract: async (scope, name, version) => {
        const { contracts } = catalog();
        const found =
          version === 'latest'
            ? contracts.latest(scope, name, NEWEST)
            : contracts.find(scope, { name, version }, NEWEST);
        return found?.stage === 'approved' ? found.bundle.version : undefined;
      },
    },
    listening: (scope) => activeDefinitions(catalog(), scope),
  };
}

function profilePorts(catalog: () => CatalogReader): PlannerPorts['profiles'] {
  return {
    findActive: async (scope, id, version) => {
      const found = catalog().actionProfiles.find(scope, { id, version }, NEWEST);
      if (found?.stage !== 'active') return undefined;
      const { definition } = found;
      return { version: definition.version, actions: definition.actions };
    },
  };
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

/** Keeps the results of runs among the artifacts. */
export function resultStore(publisher: Publisher, bytesMax: number): ResultStore {
  return {
    put: async (sha256, bytes) => {
      await publisher.put(sha256, once(bytes), { bytesMax });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
