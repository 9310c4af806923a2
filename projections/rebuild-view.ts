import { RegistryError } from '#domain/errors';
import { type Position, START } from '#domain/position';
import type { EventLog, StoredMessage } from '#log/event-log';
import type { Projection, ProjectionDigest } from '#projections/projection';

export interface RebuildOptions {
  /** An empty one. */
  readonly projection: Projection;
  readonly log: EventLog;
  /** The last event to apply. */
  readonly upTo: Position;
  /** The most events in one transaction. */
  readonly batchMax: number;
  readonly signal: AbortSignal;
  readonly onProgress: (position: Position) => void;
}

const BATCH_BYTES_MAX = 16 * 2 ** 20;

/**
 * Builds a projection from position 1 up to exactly one position and gives its digest there. It stays open.
 * @throws LOG_MISMATCH when an event is missing, CORRUPT_EVENT for one that cannot be applied, LOG_UNAVAILABLE
 */
export async function rebuildView(options: RebuildOptions): Promise<ProjectionDigest> {
  const { projection, log, upTo, batchMax, signal, onProgress } = options;
  const { created: streamCreated } = await log.head();
  let { position } = await projection.open();
  if (position !== START)
    throw new TypeError(
      `Cannot rebuild "${projection.name}": it is at ${position} (want it empty)`,
    );
  const range = log.readRange({ after: START, upTo, batchMax, signal });
  for await (const batch of gathered(range, batchMax)) {
    for (const [index, message] of batch.entries())
      if (message.position !== position + index + 1) throw missing(log.name, position + index + 1);
    position = await projection.apply(batch, { position, streamCreated });
    onProgress(position);
  }
  signal.throwIfAborted();
  if (position !== upTo) throw missing(log.name, position + 1);
  return await projection.digest();
}

/** Gathers what comes into whole batches: it comes as fast as it is taken, and many small transactions cost more. */
async function* gathered(
  batches: AsyncIterable<readonly StoredMessage[]>,
  batchMax: number,
): AsyncGenerator<readonly StoredMessage[]> {
  let messages: StoredMessage[] = [];
  let bytes = 0;
  for await (const batch of batches)
    for (const message of batch) {
      messages.push(message);
      bytes += message.header.length + message.data.length;
      if (messages.length < batchMax && bytes < BATCH_BYTES_MAX) continue;
      yield messages;
      [messages, bytes] = [[], 0];
    }
  if (messages.length > 0) yield messages;
}

function missing(stream: string, position: number): RegistryError {
  return new RegistryError(
    'LOG_MISMATCH',
    `Cannot rebuild from stream "${stream}": position ${position} is missing (want every event: nothing is ever deleted)`,
    { details: { stream, missing: position } },
  );
}
