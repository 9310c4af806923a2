import type { Position } from '#domain/position';
import { decodeEnvelope } from '#log/codec';
import type { EventLog } from '#log/event-log';

/** An event that is known to be in the log. */
export interface Witness {
  readonly position: Position;
  readonly hash: string;
}

/** Gives the hash of the event at a position; `undefined` when it is not there. @throws LOG_UNAVAILABLE */
export async function hashAt(
  log: EventLog,
  position: Position,
  signal: AbortSignal,
): Promise<string | undefined> {
  const after = (position - 1) as Position;
  for await (const batch of log.readRange({ after, upTo: position, batchMax: 1, signal }))
    for (const message of batch)
      if (message.position === position) return decodeEnvelope(message).hash;
  return undefined;
}

/** Says in words that a log holds another event where a known one was; `undefined` when it does not. @throws LOG_UNAVAILABLE */
export async function otherEvent(
  log: EventLog,
  { position, hash }: Witness,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await hashAt(log, position, signal);
  // A server that is behind may not have it yet.
  if (found === undefined || found === hash) return undefined;
  return `Cannot follow stream "${log.name}": event ${position} has hash "${found}" (want "${hash}"), so it is not the log that the view was built from`;
}
