import type { BackupStream } from '#backup/backup-index';
import type { StoredStream } from '#backup/backup-stream';
import type { Backup } from '#backup/open-backup';
import { type Position, START, toPosition } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { isRestored, otherwise } from '#log/stored-writer';

/** Writes into a stream that is restored. */
export interface RestoreTarget {
  /** Writes messages behind the last one, each at its own position. */
  write(messages: readonly StoredMessage[]): Promise<void>;
}

export interface RestoreStreamOptions {
  readonly backup: Backup;
  readonly stream: BackupStream;
  readonly signal: AbortSignal;
  readonly onProgress: (position: Position, last: Position) => void;
}

const BATCH_MAX = 1_000;

/**
 * Says behind which position a restore goes on: 0 for an empty stream, else where an interrupted restore of this backup
 * has ended.
 * @throws LOG_MISMATCH when the stream holds anything else
 */
export async function restoredUpTo(
  target: StoredStream,
  { backup, stream, signal }: Omit<RestoreStreamOptions, 'onProgress'>,
): Promise<Position> {
  const { last } = await target.head();
  if (last === START) return START;
  const upTo = toPosition(Math.min(last, stream.last));
  const range = { after: START, upTo, batchMax: BATCH_MAX, signal };
  const wanted = oneByOne(backup.messages(stream, START));
  let position: number = START;
  for await (const batch of target.readStored(range))
    for (const found of batch) {
      const { value } = await wanted.next();
      const isSame = value !== undefined && isRestored(value, found);
      if (!isSame) throw otherwise(target.name, found.position);
      position = found.position;
    }
  signal.throwIfAborted();
  if (last > stream.last || position < last) throw otherwise(target.name, toPosition(position + 1));
  return last;
}

/** Writes what a backup holds of a stream behind a position, in order and at the positions that it had. */
export async function restoreStream(
  target: RestoreTarget,
  after: Position,
  { backup, stream, signal, onProgress }: RestoreStreamOptions,
): Promise<void> {
  const last = toPosition(stream.last);
  for await (const messages of backup.messages(stream, after)) {
    signal.throwIfAborted();
    await target.write(messages);
    onProgress(messages.at(-1)?.position ?? after, last);
  }
}

async function* oneByOne(
  batches: AsyncIterable<readonly StoredMessage[]>,
): AsyncGenerator<StoredMessage, undefined> {
  for await (const batch of batches) yield* batch;
  return undefined;
}
