import {
  parseFileName,
  type SnapshotName,
  snapshotFolder,
} from '#projections/view-snapshots/snapshot-name';
import type { SnapshotFiles } from '#projections/view-snapshots/snapshot-port';

/** Parts without an index are of a snapshot that is being written, or of a node that has died over it. */
const ORPHAN_MS = 3_600_000;

/** Lists the snapshots of a view that have an index, the newest position first. @throws STORE_UNAVAILABLE */
export async function listSnapshots(
  files: SnapshotFiles,
  view: string,
): Promise<readonly SnapshotName[]> {
  const listed = await files.list(snapshotFolder(view));
  const names = listed.map(parseFileName).filter((file) => file?.isIndex === true);
  return names
    .flatMap((file) => (file === undefined ? [] : [file.name]))
    .toSorted((a, b) => b.position - a.position || b.takenAtMs - a.takenAtMs);
}

export interface RetainOptions {
  readonly files: SnapshotFiles;
  readonly view: string;
  /** The snapshot that was just taken: those of its schema and stream count by themselves. */
  readonly like: Pick<SnapshotName, 'schemaVersion' | 'stream'>;
  /** How many of its kind stay, and how many of all others together. */
  readonly kept: number;
  readonly nowMs: number;
}

/** Removes snapshots beyond those that are kept, and what is left of unfinished ones. @throws STORE_UNAVAILABLE */
export async function retainSnapshots(options: RetainOptions): Promise<void> {
  const { files, view, like, kept, nowMs } = options;
  const folder = snapshotFolder(view);
  const listed = (await files.list(folder)).flatMap((path) => {
    const file = parseFileName(path);
    return file === undefined ? [] : [{ ...file, path: `${folder}/${path}` }];
  });
  const indexes = listed
    .filter(({ isIndex }) => isIndex)
    .toSorted((a, b) => b.name.takenAtMs - a.name.takenAtMs);
  const isLike = ({ name }: (typeof indexes)[number]): boolean =>
    name.schemaVersion === like.schemaVersion && name.stream === like.stream;
  const own = indexes.filter(isLike).slice(0, kept);
  const others = indexes.filter((file) => !isLike(file)).slice(0, kept);
  const stay = new Set([...own, ...others].map(({ stem }) => stem));
  const whole = new Set(indexes.map(({ stem }) => stem));
  const gone = listed.filter(({ stem, name }) =>
    whole.has(stem) ? !stay.has(stem) : nowMs - name.takenAtMs > ORPHAN_MS,
  );
  // The index first: without it nobody begins to read the parts.
  for (const { path, isIndex } of gone) if (isIndex) await files.remove(path);
  for (const { path, isIndex } of gone) if (!isIndex) await files.remove(path);
}
