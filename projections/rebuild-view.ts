import { RegistryError } from '#domain/errors';
import { type Position, START } from '#domain/position';
import type { EventLog } from '#log/event-log';
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
  for await (const batch of log.readRange({ after: START, upTo, batchMax, signal })) {
    for (const [index, message] of batch.entries())
      if (message.position !== position + index + 1) throw missing(log.name, position + index + 1);
    position = await projection.apply(batch, { position, streamCreated });
    onProgress(position);
  }
  signal.throwIfAborted();
  if (position !== upTo) throw missing(log.name, position + 1);
  return await projection.digest();
}

function missing(stream: string, position: number): RegistryError {
  return new RegistryError(
    'LOG_MISMATCH',
    `Cannot rebuild from stream "${stream}": position ${position} is missing (want every event: nothing is ever deleted)`,
    { details: { stream, missing: position } },
  );
}
