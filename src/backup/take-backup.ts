import { type BackupPlace, writeFile } from '#backup/backup-files';
import {
  type BackupBody,
  type BackupIndex,
  type BackupStream,
  type FoundIndex,
  indexNumbers,
  type NotedView,
  readIndex,
  writeIndex,
} from '#backup/backup-index';
import { bodyIdentity, bodyName, filesFolder } from '#backup/backup-layout';
import { backUpStream, type StoredStream } from '#backup/backup-stream';
import { digestOfMessage } from '#backup/segment-codec';
import { type Sha256, sha256Of } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import type { BodyStore } from '#log/body-limits';
import type { LogHead } from '#log/event-log';

export interface BackupOptions {
  readonly place: BackupPlace;
  readonly streams: readonly StoredStream[];
  /** Where the large bodies of events lie; `undefined` where no event has any. */
  readonly bodies: Pick<BodyStore, 'get'> | undefined;
  /** What the views say of themselves. They must have been asked before: what is read from now on includes it. */
  readonly views: readonly NotedView[];
  readonly registryVersion: string;
  /** RFC 3339. */
  readonly madeAt: string;
  /** Begins at position 1, whatever is there already. */
  readonly isFull: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (stream: string, position: Position, last: Position) => void;
}

/** What a backup has added. */
export interface BackupReport {
  readonly number: number;
  /** The number of the backup that it goes on from. */
  readonly previous: number | undefined;
  readonly streams: readonly {
    readonly name: string;
    readonly after: number;
    readonly last: number;
  }[];
  readonly bodies: number;
  /** Bytes of events, and what they came to in the place. */
  readonly plainBytes: number;
  readonly storedBytes: number;
}

/**
 * Backs the streams up while they are written, from the last backup at the place on. The index comes last: until it is
 * there nothing has happened, and what was written before it is removed by the next backup.
 * @throws LOG_MISMATCH when the streams are not those of the last backup, or have a hole
 */
export async function takeBackup(options: BackupOptions): Promise<BackupReport> {
  const { place, streams, isFull } = options;
  const newest = (await indexNumbers(place.files)).at(-1) ?? 0;
  const found =
    isFull || newest === 0 ? undefined : await readIndex(place.files, newest, place.key);
  const number = newest + 1;
  const parts: Part[] = [];
  for (const source of streams) parts.push(await beginPart(source, found, options.signal));
  const written: BackupStream[] = [];
  const references = new Set<Sha256>();
  for (const { source, before, head } of parts)
    written.push(await backUpStream({ ...options, number, source, before, head, references }));
  checkViews(written, options.views);
  const bodies = await addBodies({ ...options, number }, references, found);
  const index: BackupIndex = {
    number,
    madeAt: options.madeAt,
    registryVersion: options.registryVersion,
    ...(found === undefined ? {} : { previous: { number: newest, sha256: found.sha256 } }),
    ...(place.key === undefined ? {} : { keyId: place.key.id }),
    streams: written,
    bodies,
    views: [...options.views],
  };
  await writeIndex(place.files, index, place.key);
  await removeLeftovers(place, index);
  return reportOf(index, found?.index);
}

interface Part {
  readonly source: StoredStream;
  readonly head: LogHead;
  /** What the last backup holds of the stream. */
  readonly before: BackupStream | undefined;
}

async function beginPart(
  source: StoredStream,
  found: FoundIndex | undefined,
  signal: AbortSignal,
): Promise<Part> {
  const head = await source.head();
  const before = found?.index.streams.find(({ name }) => name === source.name);
  if (before !== undefined) await checkGoesOn(source, { before, head, signal });
  return { source, head, before };
}

/** Makes sure that a stream is the one that was backed up, and still holds what was. */
async function checkGoesOn(
  source: StoredStream,
  from: { readonly before: BackupStream; readonly head: LogHead; readonly signal: AbortSignal },
): Promise<void> {
  const { before, head, signal } = from;
  const { created, last, lastSha256 } = before;
  if (head.created !== created)
    throw notTheSame(source.name, `it was created ${head.created}, not ${created}`);
  if (head.last < last)
    throw notTheSame(source.name, `it ends at position ${head.last}, before ${last}`);
  if (last === START) return;
  const upTo = toPosition(last);
  const range = { after: toPosition(last - 1), upTo, batchMax: 1, signal };
  for await (const [message] of source.readStored(range))
    if (message !== undefined && digestOfMessage(message) === lastSha256) return;
  throw notTheSame(source.name, `event ${last} is not the one that was backed up last`);
}

function notTheSame(stream: string, is: string): RegistryError {
  return new RegistryError(
    'LOG_MISMATCH',
    `Cannot go on with the backup of stream "${stream}": ${is} (want the stream of the last backup here; another place, or --full, begins anew)`,
    { details: { stream } },
  );
}

/** The views were asked before the log was read: one that is further shows that the log went backwards. */
function checkViews(streams: readonly BackupStream[], views: readonly NotedView[]): void {
  for (const { name, stream, position } of views) {
    const last = streams.find((one) => one.name === stream)?.last ?? START;
    if (position <= last) continue;
    throw new RegistryError(
      'LOG_MISMATCH',
      `Cannot back up stream "${stream}": view "${name}" has applied event ${position}, and its last one is ${last} (want a log that never goes backwards)`,
    );
  }
}

/** Copies the bodies that are referred to and not in the backup yet. */
async function addBodies(
  { place, bodies, number, signal }: BackupOptions & { readonly number: number },
  references: ReadonlySet<Sha256>,
  found: FoundIndex | undefined,
): Promise<BackupBody[]> {
  const all = [...(found?.index.bodies ?? [])];
  const known = new Set(all.map(({ sha256 }) => sha256));
  for (const sha256 of references) {
    if (known.has(sha256)) continue;
    signal.throwIfAborted();
    const plain = await bodyOf(bodies, sha256);
    const nameOf = (own: Sha256): string => bodyName(sha256, own);
    const file = await writeFile(place, { number, identity: bodyIdentity(sha256), nameOf, plain });
    all.push({ sha256, bytes: plain.length, file });
  }
  return all;
}

async function bodyOf(
  bodies: Pick<BodyStore, 'get'> | undefined,
  sha256: Sha256,
): Promise<Uint8Array> {
  const bytes = await bodies?.get(sha256);
  if (bytes !== undefined && sha256Of(bytes) === sha256) return bytes;
  const is = bytes === undefined ? 'no artifact store is named' : 'its bytes have another digest';
  throw new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot back up body "${sha256}" of an event: ${is} (want the artifact store of the registry, sound)`,
  );
}

/** Removes what an attempt has left that did not come to its index. Nobody else can use this number any more. */
async function removeLeftovers({ files }: BackupPlace, index: BackupIndex): Promise<void> {
  const folder = filesFolder(index.number);
  const named = new Set(
    [...index.streams.flatMap(({ segments }) => segments), ...index.bodies].map(
      ({ file }) => file.path,
    ),
  );
  for (const name of await files.list(folder))
    if (!named.has(`${folder}/${name}`)) await files.remove(`${folder}/${name}`);
}

function reportOf(index: BackupIndex, before: BackupIndex | undefined): BackupReport {
  const lastBefore = (name: string): number =>
    before?.streams.find((one) => one.name === name)?.last ?? START;
  const own = `${filesFolder(index.number)}/`;
  const segments = index.streams
    .flatMap((stream) => stream.segments)
    .filter(({ file }) => file.path.startsWith(own));
  const bodies = index.bodies.filter(({ file }) => file.path.startsWith(own));
  const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);
  return {
    number: index.number,
    previous: before?.number,
    streams: index.streams.map(({ name, last }) => ({ name, after: lastBefore(name), last })),
    bodies: bodies.length,
    plainBytes:
      sum(segments.map(({ plainBytes }) => plainBytes)) + sum(bodies.map(({ bytes }) => bytes)),
    storedBytes: sum([...segments, ...bodies].map(({ file }) => file.bytes)),
  };
}
