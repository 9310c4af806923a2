import { type BackupPlace, writeFile } from '#backup/backup-files';
import type { BackupSegment, BackupStream } from '#backup/backup-index';
import { SEGMENT_BYTES_MAX, segmentIdentity, segmentName } from '#backup/backup-layout';
import { digestOfMessage, encodeSegment, segmentBytesOf } from '#backup/segment-codec';
import { parseSha256, type Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import { decodeAttributes } from '#log/codec';
import type { LogHead, RangeOptions, StoredMessage } from '#log/event-log';

/** A stream that can be read as it is stored, without the bodies that lie elsewhere. */
export interface StoredStream {
  readonly name: string;
  head(): Promise<LogHead>;
  readStored(options: RangeOptions): AsyncIterable<readonly StoredMessage[]>;
}

export interface BackUpStreamOptions {
  readonly place: BackupPlace;
  readonly number: number;
  readonly source: StoredStream;
  readonly head: LogHead;
  /** What the last backup holds of it. */
  readonly before: BackupStream | undefined;
  /** Takes in the bodies that its events refer to. */
  readonly references: Set<Sha256>;
  readonly signal: AbortSignal;
  readonly onProgress: (stream: string, position: Position, last: Position) => void;
}

const BATCH_MAX = 1_000;

/** Writes what a stream holds up to its head, in segments. @throws LOG_MISMATCH for a hole, LOG_UNAVAILABLE */
export async function backUpStream(options: BackUpStreamOptions): Promise<BackupStream> {
  const { source, head, before, references, signal, onProgress } = options;
  const { name } = source;
  const { created, last } = head;
  const segments: BackupSegment[] = [...(before?.segments ?? [])];
  let position = toPosition(before?.last ?? START);
  let lastSha256 = before?.lastSha256;
  const range = { after: position, upTo: last, batchMax: BATCH_MAX, signal };
  for await (const messages of gathered(source.readStored(range))) {
    for (const message of messages) {
      if (message.position !== position + 1) throw hole(name, position + 1, message.position);
      position = message.position;
      if (message.data.length === 0) references.add(referenceOf(message));
    }
    segments.push(await writeSegment(options, messages));
    const newest = messages.at(-1);
    if (newest !== undefined) lastSha256 = digestOfMessage(newest);
    onProgress(name, position, last);
  }
  signal.throwIfAborted();
  if (position < last) throw hole(name, position + 1, last);
  return { name, created, last, ...(lastSha256 === undefined ? {} : { lastSha256 }), segments };
}

/** Gathers messages until they fill a segment. */
async function* gathered(
  batches: AsyncIterable<readonly StoredMessage[]>,
): AsyncGenerator<readonly StoredMessage[]> {
  let messages: StoredMessage[] = [];
  let bytes = 0;
  for await (const batch of batches) {
    for (const message of batch) {
      const more = segmentBytesOf(message);
      if (bytes + more > SEGMENT_BYTES_MAX && messages.length > 0) {
        yield messages;
        [messages, bytes] = [[], 0];
      }
      messages.push(message);
      bytes += more;
    }
  }
  if (messages.length > 0) yield messages;
}

async function writeSegment(
  { place, number, source, head }: BackUpStreamOptions,
  messages: readonly StoredMessage[],
): Promise<BackupSegment> {
  const { name } = source;
  const first = messages[0]?.position ?? START;
  const last = messages.at(-1)?.position ?? START;
  const plain = encodeSegment(messages);
  const identity = segmentIdentity({ name, created: head.created }, { first, last });
  const nameOf = (sha256: Sha256): string => segmentName(name, first, sha256);
  const file = await writeFile(place, { number, identity, nameOf, plain });
  return { file, first, last, plainBytes: plain.length };
}

/** Gives the digest of the body of an event that lies in the artifact store. */
export function referenceOf(message: StoredMessage): Sha256 {
  const { dataRef } = decodeAttributes(message);
  if (dataRef !== undefined) return parseSha256(dataRef);
  throw new RegistryError(
    'CORRUPT_EVENT',
    `Cannot back up event ${message.position} on "${message.subject}": its body is empty (want a body or ce-dataref)`,
    { details: { position: message.position } },
  );
}

function hole(stream: string, missing: number, next: number): RegistryError {
  return new RegistryError(
    'LOG_MISMATCH',
    `Cannot back up stream "${stream}": position ${missing} is missing, ${next} came next (want every event: nothing is ever deleted)`,
    { details: { stream, missing, next } },
  );
}
