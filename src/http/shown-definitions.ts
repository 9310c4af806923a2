import type { ActionType } from '#domain/action-parameters';
import type { ContractVersion } from '#domain/contract-name';
import type { Definition } from '#domain/definition';
import type { JobStage } from '#domain/job-stage';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { asOfCatalog, waitForMinimum } from '#http/consistency';
import type { DefinitionResource, DefinitionStore, Described } from '#http/definition-resource';
import type { HttpDependencies } from '#http/dependencies';
import type { DefinitionCursor, DefinitionSummary } from '#projections/catalog/definition-lists';
import type { DefinitionQueries, DefinitionRow } from '#projections/catalog/definition-queries';
import type { Shown } from '#projections/shown';

/** Which versions a page shows. */
interface ShownPage<D extends Definition> {
  readonly id?: D['id'];
  readonly tags?: { readonly match: 'all' | 'any'; readonly of: readonly string[] };
  readonly stage?: JobStage;
  readonly actionType?: ActionType;
  readonly after: DefinitionCursor | undefined;
  readonly limit: number;
}

/** The definitions of one kind and scope, as a request is to see them. */
interface ShownDefinitions<D extends Definition> {
  find(wanted: {
    readonly id: D['id'];
    readonly version: ContractVersion | 'latest';
  }): Promise<Shown<DefinitionRow<D> | undefined>>;
  list(page: ShownPage<D>): Promise<Shown<readonly DefinitionSummary[]>>;
}

/**
 * Says where a read is answered from: what is newest from the stores, the past from the catalog, which alone knows it.
 * @throws INVALID_REQUEST, BEHIND, NOT_READY
 */
export async function shownDefinitions<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
  request: {
    readonly header: (name: string) => string | undefined;
    readonly at: string | undefined;
    readonly scope: Scope;
  },
): Promise<ShownDefinitions<D>> {
  const { scope, header, at } = request;
  if (at === undefined) {
    const { registryStores, registryStoresView, limits } = dependencies;
    await waitForMinimum(registryStoresView, header, { waitMs: limits.readWaitMs });
    return newest(resource.store(registryStores), scope);
  }
  const asOf = await asOfCatalog(dependencies, { header, at });
  return past(resource.queries(dependencies.catalog()), scope, asOf);
}

function newest<D extends Definition>(
  store: DefinitionStore<D>,
  scope: Scope,
): ShownDefinitions<D> {
  return {
    find: async (wanted) => await store.get(scope, wanted),
    list: async (page) => {
      const { position, found } = await store.list(scope, page);
      return { position, found: found.map(summaryOf) };
    },
  };
}

function past<D extends Definition>(
  queries: DefinitionQueries<D>,
  scope: Scope,
  asOf: Position,
): ShownDefinitions<D> {
  return {
    find: async (wanted) => ({ position: asOf, found: queries.find(scope, wanted, asOf) }),
    list: async (page) => ({ position: asOf, found: queries.list(scope, { ...page, asOf }) }),
  };
}

function summaryOf<D extends Definition>(row: DefinitionRow<D & Described>): DefinitionSummary {
  const { definition, stage, author, createdAt, position } = row;
  const { id, version, name, tags, fingerprint } = definition;
  return { id, version, name, stage, tags, fingerprint, author, createdAt, position };
}
