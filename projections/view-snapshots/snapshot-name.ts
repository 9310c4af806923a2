import { sha256Of } from '#domain/digest';
import { type Position, toPosition } from '#domain/position';

/** What a snapshot is of, and when it was taken: enough to choose one, without reading anything. */
export interface SnapshotName {
  readonly position: Position;
  readonly schemaVersion: number;
  /** Tells streams of one name apart, see `streamTag`. */
  readonly stream: string;
  readonly takenAtMs: number;
  /** Tells snapshots of several nodes apart. */
  readonly id: string;
}

const NAME = /^p(\d{16})-v(\d{1,9})-([0-9a-f]{12})-t(\d{14})-([0-9a-f]{12})$/;

/** Writes a name as files are called: in the order of their positions. */
export function snapshotStem(name: SnapshotName): string {
  const { position, schemaVersion, stream, takenAtMs, id } = name;
  const [at, taken] = [String(position).padStart(16, '0'), String(takenAtMs).padStart(14, '0')];
  return `p${at}-v${schemaVersion}-${stream}-t${taken}-${id}`;
}

/** Reads what `snapshotStem` wrote; `undefined` for any other text. */
export function parseSnapshotStem(stem: string): SnapshotName | undefined {
  const [, position, version, stream, taken, id] = NAME.exec(stem) ?? [];
  if (stream === undefined || id === undefined) return undefined;
  const at = Number(position);
  if (!Number.isSafeInteger(at)) return undefined;
  return {
    position: toPosition(at),
    schemaVersion: Number(version),
    stream,
    takenAtMs: Number(taken),
    id,
  };
}

/** Gives a short text for a stream: another one for a stream that was created at another time. */
export function streamTag(streamCreated: string): string {
  return sha256Of(streamCreated).slice(0, 12);
}

/** The folder of a store that holds the snapshots of a view. */
export function snapshotFolder(view: string): string {
  return `snapshots/${view}`;
}

/** The path of an index: a snapshot is there when its index is. */
export function indexPath(view: string, name: SnapshotName): string {
  return `${snapshotFolder(view)}/${snapshotStem(name)}.json`;
}

/** The path of a part of the file, counted from 0. */
export function partPath(view: string, name: SnapshotName, index: number): string {
  const number = String(index).padStart(5, '0');
  return `${snapshotFolder(view)}/${snapshotStem(name)}.${number}.gz`;
}

/** Gives the snapshot that a file belongs to, and whether it is the index; `undefined` for a foreign file. */
export function parseFileName(
  file: string,
): { readonly stem: string; readonly name: SnapshotName; readonly isIndex: boolean } | undefined {
  const [stem, rest] = [file.slice(0, file.indexOf('.')), file.slice(file.indexOf('.'))];
  const name = parseSnapshotStem(stem);
  if (name === undefined || !/^\.(json|\d{5}\.gz)$/.test(rest)) return undefined;
  return { stem, name, isIndex: rest === '.json' };
}
