import { join } from 'node:path';
import type { OpenedBroker } from '#clients/open-broker';
import { type AnchorsFrom, keepAnchors } from '#compose/audit-anchors';
import { bucketOptions } from '#compose/bucket-options';
import { type KeptView, keepsShared, project } from '#compose/kept-view';
import type { LogHeads } from '#compose/log-heads';
import { watchLogs } from '#compose/log-watch';
import { type Logs, messageBytesMax } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { SideWatch } from '#compose/side-watch';
import { openStoredViews } from '#compose/stored-views';
import { type SnapshotsFrom, ViewSnapshots } from '#compose/view-snapshots';
import { systemClock } from '#flow/clock';
import type { PositionedView } from '#http/dependencies';
import type { StreamName } from '#log/streams';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { CATALOG_SCHEMA } from '#projections/catalog/schema';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { type FileStore, ManifestFiles } from '#projections/manifest-files/manifest-files';
import type { Projector } from '#projections/projector';
import type { RegistryStores } from '#projections/registry-stores/registry-stores';
import type { SharedView } from '#projections/shared-view';
import type { ViewFile } from '#projections/view-snapshots/snapshot-port';

/** The read models of this node. */
export interface Views {
  readonly catalog: CatalogProjection;
  readonly catalogView: PositionedView;
  /** The newest state of contracts, job definitions and action profiles. */
  readonly registryStores: RegistryStores;
  readonly registryStoresView: PositionedView;
  readonly jobRuns: JobRunView;
  readonly jobRunsView: PositionedView;
  readonly kept: readonly KeptView[];
  /** How far the logs were when they were last looked at. */
  readonly heads: Readonly<Record<StreamName, LogHeads>>;
  /** Why a view that commands decide on has halted. */
  readonly halted: () => string | undefined;
  readonly description: string;
}

interface ViewsFrom {
  readonly opened: OpenedBroker;
  readonly logs: Logs;
  readonly folder: string;
  /** Where this node keeps manifests as files; `undefined` where it does not. */
  readonly files: FileStore | undefined;
  /** Anchors of the log, and the key that they are signed with. */
  readonly anchors: AnchorsFrom;
  readonly snapshots: SnapshotsFrom;
}

/**
 * Opens the views that the role asks for and starts to keep them. The catalog is local to every node; what is shared is
 * kept by the roles `all` and `projector`.
 */
export async function openViews(setup: Setup, from: ViewsFrom): Promise<Views> {
  const { config, releases } = setup;
  const { broker } = from.opened;
  const file: ViewFile = {
    view: 'catalog',
    path: join(from.folder, 'catalog.sqlite'),
    schema: CATALOG_SCHEMA,
    log: from.logs.REGISTRY,
  };
  const catalog = new CatalogProjection(file.path);
  const { projectionBatchMax } = config;
  const registry = { log: from.logs.REGISTRY, batchMax: projectionBatchMax };
  const snapshots = new ViewSnapshots(setup, from.snapshots);
  const catalogView = project(setup, snapshots.startOf(catalog, file), registry);
  snapshots.keep(catalogView, file);
  const kept: KeptView[] = [{ view: catalogView, isRemote: false }];
  if (keepsShared(setup)) {
    const valueBytesMax = messageBytesMax(broker);
    const kv = new ContractKv({ ...bucketOptions(config, broker), valueBytesMax });
    const kvView = project(setup, kv, registry);
    kept.push({ view: kvView, isRemote: true });
    releases.add(
      'contract bucket watch',
      broker.onReconnect(() => kvView.restart()),
    );
  }
  const filesPerSecondMax = config.manifestFilesPerSecond;
  if (from.files !== undefined && filesPerSecondMax > 0) {
    const manifests = new ManifestFiles({
      files: from.files,
      checkpointPath: join(from.folder, 'manifest-files.json'),
      clock: systemClock,
      filesPerSecondMax,
    });
    const batchMax = Math.min(projectionBatchMax, filesPerSecondMax);
    const view = project(setup, manifests, { log: from.logs.REGISTRY, batchMax });
    kept.push({ view, isRemote: true, isOptional: true });
  }
  const { logs, folder } = from;
  const stored = await openStoredViews(setup, { logs, folder, catalogView, snapshots });
  kept.push(...stored.kept, ...(await keepAnchors(setup, logs, from.anchors)));
  const deciding = [catalogView, stored.jobRunsView];
  const halted = (): string | undefined => deciding.map(haltOf).find((why) => why !== undefined);
  const sides = new SideWatch(setup, { broker, kept, files: from.snapshots.files });
  const heads = watchLogs(setup, { broker, logs, kept, catalog, sides });
  await sides.start();
  const description = `catalog in SQLite, ${stored.description}`;
  return { ...stored, catalog, catalogView, kept, heads, halted, description };
}

function haltOf({ name, haltedBy }: Projector | SharedView): string | undefined {
  return haltedBy === undefined ? undefined : `view "${name}" has halted: ${haltedBy}`;
}
