import type { ActionProfileCommands, JobDefinitionCommands } from '#commands/job-ports';
import { NEWEST } from '#domain/position';
import type { CatalogReader } from '#projections/catalog/catalog-reader';

/** Gives the catalog's reading side; another object after the view was opened anew. */
type Catalog = () => CatalogReader;

/** Gives what commands about action profiles read from a catalog, as it stands when they ask. */
export function profilePorts(catalog: Catalog): Pick<ActionProfileCommands, 'source' | 'users'> {
  return {
    source: { load: (...at) => catalog().actionProfiles.states.load(...at) },
    users: {
      activeUsers: async (scope, { id, versions, limit }) =>
        catalog().uses.dependants(scope, {
          kind: 'action-profile',
          name: id,
          versions,
          stage: 'active',
          after: undefined,
          limit,
          asOf: NEWEST,
        }),
    },
  };
}

/** Gives what commands about job definitions read from a catalog, as it stands when they ask. */
export function jobPorts(
  catalog: Catalog,
): Pick<JobDefinitionCommands, 'source' | 'definitions' | 'contracts' | 'profiles'> {
  return {
    source: { load: (...at) => catalog().jobDefinitions.states.load(...at) },
    definitions: {
      find: async (scope, id, version) =>
        catalog().jobDefinitions.find(scope, { id, version }, NEWEST)?.definition,
    },
    contracts: {
      stageOf: async (scope, name, version) => {
        const { contracts } = catalog();
        return version === 'latest'
          ? contracts.latest(scope, name, NEWEST)?.stage
          : contracts.find(scope, { name, version }, NEWEST)?.stage;
      },
    },
    profiles: {
      stageOf: async (scope, id, version) =>
        catalog().actionProfiles.find(scope, { id, version }, NEWEST)?.stage,
    },
  };
}
