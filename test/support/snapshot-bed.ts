import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { CATALOG_SCHEMA } from '#projections/catalog/schema';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { JOB_RUN_SCHEMA } from '#projections/job-runs/sqlite-schema';
import type { Projection, ProjectionDigest } from '#projections/projection';
import { Projector } from '#projections/projector';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { STORE_FILE_SCHEMA } from '#projections/registry-stores/sqlite-document-schema';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';
import { FromSnapshot } from '#projections/view-snapshots/from-snapshot';
import { type RestoreOptions, restoreSnapshot } from '#projections/view-snapshots/restore-snapshot';
import { type SnapshotName, snapshotFolder } from '#projections/view-snapshots/snapshot-name';
import type {
  SnapshotEvent,
  SnapshotFiles,
  SnapshotView,
  ViewFile,
} from '#projections/view-snapshots/snapshot-port';
import { takeSnapshot } from '#projections/view-snapshots/take-snapshot';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

/** A store in a folder, and nodes that keep views beside it. */
export interface SnapshotBed extends Disposable {
  readonly files: SnapshotFiles;
  /** Where the store has the snapshots of a view. */
  stored(view: SnapshotView): string;
  /** The view of a node. */
  fileOf(node: string, view: SnapshotView, log: EventLog): ViewFile;
  /** Follows the log on a node until it is caught up, and gives the digest of its view. */
  keep(file: ViewFile, changed?: Partial<RestoreOptions>): Promise<Kept>;
  take(file: ViewFile): Promise<SnapshotName>;
  /** The stem of the file names of the only snapshot, or the newest. */
  newestStem(view: SnapshotView): string;
}

export interface Kept extends ProjectionDigest {
  readonly events: readonly SnapshotEvent[];
  /** How many events were applied one by one. */
  readonly applied: number;
}

/** The projection of a view in one SQLite file. */
export function openView({ view, path }: ViewFile): Projection {
  if (view === 'catalog') return new CatalogProjection(path);
  return view === 'job-runs'
    ? new SqliteJobRuns(path)
    : new RegistryStores(new SqliteDocuments(path));
}

const SCHEMAS = {
  catalog: CATALOG_SCHEMA,
  'job-runs': JOB_RUN_SCHEMA,
  'registry-stores': STORE_FILE_SCHEMA,
} as const;

/** Makes an empty store. */
export function snapshotBed(): SnapshotBed {
  const folder = tempFolder();
  const store = join(folder.path, 'store');
  const { files } = new LocalfsPublisher(store);
  const stored = (view: SnapshotView): string => join(store, snapshotFolder(view));
  return {
    files,
    stored,
    fileOf(node, view, log) {
      const own = join(folder.path, node);
      mkdirSync(own, { recursive: true });
      return { view, path: join(own, `${view}.sqlite`), schema: SCHEMAS[view], log };
    },
    async keep(file, changed = {}) {
      const events: SnapshotEvent[] = [];
      const inner = openView(file);
      let applied = 0;
      const counting: Projection = {
        name: inner.name,
        open: () => inner.open(),
        apply: (batch, checkpoint) => {
          applied += batch.length;
          return inner.apply(batch, checkpoint);
        },
        clear: () => inner.clear(),
        digest: () => inner.digest(),
        close: () => inner.close(),
      };
      const options = { file, files, clock: systemClock, waitMs: 20_000, ...changed };
      const onEvent = (event: SnapshotEvent): unknown => events.push(event);
      const projection = new FromSnapshot(counting, () => restoreSnapshot({ ...options, onEvent }));
      const { log } = file;
      const projector = new Projector({ projection, log, clock: systemClock, batchMax: 50 });
      projector.start();
      try {
        const { last } = await log.head();
        await eventually('the view to catch up', () => projector.position >= last);
        return { ...(await projection.digest()), events, applied };
      } finally {
        await projector.stop();
      }
    },
    async take(file) {
      const { signal } = new AbortController();
      const copies = join(folder.path, 'copies');
      mkdirSync(copies, { recursive: true });
      const name = await takeSnapshot({ file, files, clock: systemClock, folder: copies, signal });
      if (name === undefined) throw new Error('There was nothing to take');
      return name;
    },
    newestStem(view) {
      const indexes = readdirSync(stored(view)).filter((name) => name.endsWith('.json'));
      return indexes.toSorted().at(-1)?.replace('.json', '') ?? '';
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** Changes a file in place. */
export function change(path: string, how: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(path, how(readFileSync(path)));
}
