import type { Position } from '#domain/position';
import type { EventLog } from '#log/event-log';
import type { ViewSchema } from '#projections/sqlite-view-file';

/** What snapshots need of a store, see `StoreFiles`. */
export interface SnapshotFiles {
  replace(path: string, bytes: Uint8Array): Promise<void>;
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  list(folder: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
}

/** The views that lie in one SQLite file with their checkpoint in it. */
export type SnapshotView = 'catalog' | 'registry-stores' | 'job-runs';

/** A view in one SQLite file. */
export interface ViewFile {
  readonly view: SnapshotView;
  readonly path: string;
  readonly schema: ViewSchema;
  /** What it is a view of. */
  readonly log: EventLog;
}

/** What became of snapshots, for whoever listens. */
export type SnapshotEvent = { readonly view: SnapshotView } & (
  | { readonly type: 'restored'; readonly position: Position; readonly seconds: number }
  | { readonly type: 'ignored'; readonly snapshot: string; readonly why: string }
  | { readonly type: 'taken'; readonly position: Position; readonly seconds: number }
  | { readonly type: 'not-taken'; readonly why: string }
);

/** The bytes of a part before it is packed. */
export const PART_BYTES = 8_388_608;
