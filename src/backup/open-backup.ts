import { type BackupPlace, readFile } from '#backup/backup-files';
import {
  type BackupBody,
  type BackupIndex,
  type BackupSegment,
  type BackupStream,
  damaged,
  indexNumbers,
  readIndex,
} from '#backup/backup-index';
import { bodyIdentity, segmentIdentity } from '#backup/backup-layout';
import { referenceOf } from '#backup/backup-stream';
import { decodeSegment, digestOfMessage } from '#backup/segment-codec';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { type Position, START } from '#domain/position';
import type { StoredMessage } from '#log/event-log';

export interface VerifyBackupOptions {
  readonly signal: AbortSignal;
  /** Hears of every file that is sound. */
  readonly onProgress: (files: number, total: number) => void;
}

/** A backup at a place, whose index is what was written. */
export class Backup {
  readonly index: BackupIndex;
  readonly #place: BackupPlace;

  constructor(place: BackupPlace, index: BackupIndex) {
    this.#place = place;
    this.index = index;
  }

  /**
   * Reads every file and makes sure that together they are the streams that were backed up: each is what was written, every
   * position is there once, and every body that an event refers to.
   * @throws NOT_FOUND, CHECKSUM_MISMATCH with the path of the file
   */
  async verify({ signal, onProgress }: VerifyBackupOptions): Promise<void> {
    const { streams, bodies } = this.index;
    const total = streams.reduce((sum, { segments }) => sum + segments.length, bodies.length);
    const kept = new Set(bodies.map(({ sha256 }) => sha256));
    let files = 0;
    for (const stream of streams) {
      for (const segment of checkedOrder(stream)) {
        signal.throwIfAborted();
        this.#checkSegment(stream, await this.#segment(stream, segment), kept);
        files += 1;
        onProgress(files, total);
      }
    }
    for (const body of bodies) {
      signal.throwIfAborted();
      await this.body(body);
      files += 1;
      onProgress(files, total);
    }
  }

  /** Gives the messages of a stream behind a position, in order, a segment at a time. */
  async *messages(stream: BackupStream, after: Position): AsyncGenerator<readonly StoredMessage[]> {
    for (const segment of stream.segments) {
      if (segment.last <= after) continue;
      const messages = await this.#segment(stream, segment);
      yield segment.first > after ? messages : messages.filter((one) => one.position > after);
    }
  }

  /** Gives the body of an event. */
  async body({ sha256, bytes, file }: BackupBody): Promise<Buffer> {
    const expected = { identity: bodyIdentity(sha256), plainBytes: bytes };
    const plain = await readFile(this.#place, file, expected);
    if (sha256Of(plain) !== sha256) throw damaged(file.path, 'it is the body of another event');
    return plain;
  }

  async #segment(stream: BackupStream, segment: BackupSegment): Promise<readonly StoredMessage[]> {
    const { file, first, last, plainBytes } = segment;
    const expected = { identity: segmentIdentity(stream, segment), plainBytes };
    const messages = decoded(file.path, await readFile(this.#place, file, expected));
    const isWhole =
      messages.length === last - first + 1 &&
      messages.every(({ position }, index) => position === first + index);
    if (!isWhole) throw damaged(file.path, `it does not hold the events ${first} to ${last}`);
    return messages;
  }

  #checkSegment(
    { name, last, lastSha256 }: BackupStream,
    messages: readonly StoredMessage[],
    kept: ReadonlySet<Sha256>,
  ): void {
    for (const message of messages) {
      const isLast = message.position === last;
      if (isLast && digestOfMessage(message) !== lastSha256)
        throw incomplete(name, `its last event is not the one that the index names`);
      if (message.data.length === 0 && !kept.has(referenceOf(message)))
        throw incomplete(name, `the body of event ${message.position} is not in it`);
    }
  }
}

/**
 * Opens the backup with a number, or the newest at a place.
 * @throws NOT_FOUND where there is none; what `readIndex` throws
 */
export async function openBackup(place: BackupPlace, number?: number): Promise<Backup> {
  const wanted = number ?? (await indexNumbers(place.files)).at(-1);
  if (wanted === undefined) {
    throw new RegistryError(
      'NOT_FOUND',
      'Cannot open the backup: there is no index (want a place where a backup has ended)',
    );
  }
  return new Backup(place, (await readIndex(place.files, wanted, place.key)).index);
}

/** Gives the segments of a stream, which must follow each other from the first position to the last. */
function checkedOrder({ name, last, segments }: BackupStream): readonly BackupSegment[] {
  let position = START as number;
  for (const segment of segments) {
    if (segment.first !== position + 1 || segment.last < segment.first)
      throw incomplete(name, `events ${position + 1} to ${segment.first - 1} are in no segment`);
    position = segment.last;
  }
  if (position !== last) throw incomplete(name, `event ${last} is in no segment`);
  return segments;
}

function decoded(path: string, plain: Buffer): readonly StoredMessage[] {
  try {
    return decodeSegment(plain);
  } catch {
    throw damaged(path, 'it holds no events');
  }
}

function incomplete(stream: string, is: string): RegistryError {
  return new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot use the backup of stream ${quote(stream)}: ${is} (want a backup as it was written)`,
  );
}
