import { meterSources } from '#compose/metrics/source-meters';
import { openSource } from '#compose/open-source';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import { NO_TRACES } from '#flow/tracer';
import type { PartHealth } from '#http/dependencies';
import type { RegistryHealth } from '#http/registry-health';
import type { Config } from '#ops/config/settings';
import type { DeclaredSource } from '#ops/config/source-list';
import { CatalogCache, type CatalogMode } from '#stores/catalog-cache';
import { FederatedStore } from '#stores/federated/federated-store';
import { keptCatalogs } from '#stores/federated/kept-catalogs';
import { keptManifests, type ManifestKeeper } from '#stores/federated/kept-manifests';
import { KeptSource } from '#stores/federated/kept-source';
import { bySourcePriority } from '#stores/federated/merge-catalogs';
import { GuardedStore } from '#stores/guarded-store';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import type { Store } from '#stores/store';
import { StoreErrorCounts } from '#stores/store-error-counts';
import { TracedStore } from '#stores/traced-store';

const CATALOG_BACKOFF_CAP_MS = 5_000;

/** The datasets of others, as this node knows them. */
export interface Sources {
  readonly store: FederatedStore;
  readonly catalog: CatalogCache;
  readonly manifests: ManifestKeeper;
  readonly health: () => PartHealth;
  readonly report: () => RegistryHealth;
}

/**
 * Opens the sources and begins to follow their catalogs; `undefined` where none is declared. What an earlier process has
 * kept of them in the folder is there at once.
 */
export async function openSources(setup: Setup, folder: string): Promise<Sources | undefined> {
  const { config, logger, releases, tracer = NO_TRACES } = setup;
  if (config.sources.length === 0) return undefined;
  const errors = new StoreErrorCounts();
  const { files } = new LocalfsPublisher(folder);
  const onTrouble = (error: Error): void => {
    logger.warn({ part: 'sources', err: error }, 'what is kept of a source cannot be used');
  };
  const keeper = keptCatalogs(files, onTrouble);
  const opened = await Promise.all(inOrder(config).map((one) => openSource(one, config)));
  const traced = (store: Store): Store => (tracer.isOn ? new TracedStore(store, tracer) : store);
  const guarded = opened.map(
    (store) =>
      new GuardedStore({
        store: traced(store),
        clock: systemClock,
        failuresMax: config.storeFailuresMax,
        openMs: config.storeOpenMs,
        onError: (error) => errors.add(error),
      }),
  );
  const kept = guarded.map((store) => {
    const signature = config.sourceSignatures.get(store.source);
    const signed = signature === undefined ? {} : { signature };
    return new KeptSource({
      store,
      clock: systemClock,
      ttlMs: config.sourceTtlMs,
      keeper,
      ...signed,
    });
  });
  const store = new FederatedStore(kept);
  releases.add('sources', () => store.close());
  const catalog = new CatalogCache({
    store: traced(store),
    clock: systemClock,
    mode: modeOf(config),
    ttlMs: config.sourceTtlMs,
    initial: await store.restore(),
    backoff: { baseMs: config.catalogBackoffBaseMs, capMs: CATALOG_BACKOFF_CAP_MS },
  });
  const stop = new AbortController();
  const following = catalog.keepFresh(stop.signal);
  releases.add('catalogs of sources', async () => {
    stop.abort();
    await following;
  });
  const circuits = new Map(guarded.map((one) => [one.source, one]));
  if (config.metrics) meterSources(setup, { store, circuits, errors });
  return {
    store,
    catalog,
    manifests: keptManifests(files, onTrouble),
    health: () => sourcesHealth(store, catalog),
    report: () => reportOf({ config, store, catalog, circuits, errors }),
  };
}

function modeOf({ cachedOnly, sourceFreeze }: Config): CatalogMode {
  if (cachedOnly) return 'cached-only';
  return sourceFreeze ? 'frozen' : 'live';
}

function inOrder({ sources, sourcePriority }: Config): readonly DeclaredSource[] {
  const names = sources.map(({ name }) => name);
  return bySourcePriority(names, sourcePriority).flatMap(
    (name) => sources.find((source) => source.name === name) ?? [],
  );
}

/** Without its sources a node still has its own log: it is degraded. Frozen with nothing, it would never have anything. */
function sourcesHealth(store: FederatedStore, { state, current }: CatalogCache): PartHealth {
  const sick = store.health.filter(({ healthy }) => !healthy);
  const name = 'sources';
  if (state.mode !== 'live') {
    const detail =
      current === undefined
        ? `${state.mode}: no catalog was ever loaded (want one start without that mode)`
        : `${state.mode}: ${current.catalog.datasets.length} datasets, as they were kept`;
    return { name, ready: current !== undefined, optional: state.mode === 'cached-only', detail };
  }
  const why = sick.map(
    ({ name: source, lastError }) => `${source}: ${lastError?.message ?? 'not asked yet'}`,
  );
  const detail = sick.length === 0 ? `all ${store.health.length} answer` : why.join(' | ');
  return { name, ready: sick.length === 0, optional: true, detail };
}

function reportOf(of: {
  readonly config: Config;
  readonly store: FederatedStore;
  readonly catalog: CatalogCache;
  readonly circuits: ReadonlyMap<string, GuardedStore>;
  readonly errors: StoreErrorCounts;
}): RegistryHealth {
  const { config, store, catalog, circuits, errors } = of;
  return {
    mode: catalog.state.mode,
    ttl_ms: config.sourceTtlMs,
    epoch: catalog.state.epoch,
    datasets: catalog.current?.catalog.datasets.length ?? 0,
    sources: store.health.map(({ name, priority, healthy, ageMs, lastError, ...counts }) => ({
      name,
      priority,
      healthy,
      last_error: lastError?.message ?? null,
      last_error_class: lastError?.class ?? null,
      age_ms: ageMs === undefined ? null : Math.round(ageMs),
      datasets: counts.datasets,
      shadowed_datasets: counts.shadowedDatasets,
      circuit: circuits.get(name)?.circuit ?? 'closed',
    })),
    errors: [...errors.all],
  };
}

/** What `/debug/` shows of a node, where its operator enables that. */
export function debugOf(
  { auth, adminEndpoints, debugDatasets, sourceTtlMs }: Config,
  sources: Sources | undefined,
): { readonly registryHealth: () => RegistryHealth } | undefined {
  // What it shows is of all tenants, and a token is for one.
  if (auth !== 'off' || !adminEndpoints || !debugDatasets) return undefined;
  const none = {
    mode: 'live' as const,
    ttl_ms: sourceTtlMs,
    epoch: 0,
    datasets: 0,
    sources: [],
    errors: [],
  };
  return { registryHealth: () => sources?.report() ?? none };
}

/** Names the sources, for people. */
export function sourcesText(config: Config): string {
  return inOrder(config)
    .map(({ name, address }) => `${name} (${address.kind})`)
    .join(', ');
}
