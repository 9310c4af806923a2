import type { Broker } from '#clients/nats';
import type { AcknowledgedWrite } from '#cluster/steady-writer';
import { START } from '#domain/position';
import { decodeAttributes } from '#log/codec';
import type { EventLog, StoredMessage } from '#log/event-log';
import { JetStreamLog } from '#log/jetstream-log';

/** What the log holds of writes that were acknowledged. */
export interface ReadBack {
  readonly events: number;
  /** Acknowledged, and not in the log where the acknowledgement said. */
  readonly lost: readonly AcknowledgedWrite[];
  /** Command ids that stand on more than one event. */
  readonly doubled: readonly string[];
}

const BATCH_MAX = 1_000;
const PUBLISH_TIMEOUT_MS = 2_000;

/** Opens a stream to be read. */
export function openStream({ nc, jsm, onReconnect, connected }: Broker, stream: string): EventLog {
  return new JetStreamLog({
    nc,
    jsm,
    stream,
    // Bodies stay where they are: what is looked at here stands in the headers.
    limits: { messageBytesMax: 0, bodyBytesMax: 0, bodies: undefined },
    publishTimeoutMs: PUBLISH_TIMEOUT_MS,
    onReconnect,
    isConnected: connected,
  });
}

/** Looks for every acknowledged write in the log. */
export async function readBack(
  log: EventLog,
  acknowledged: readonly AcknowledgedWrite[],
): Promise<ReadBack> {
  const positions = new Map<string, number>();
  const doubled: string[] = [];
  let events = 0;
  for await (const message of everyMessage(log)) {
    const { commandId } = decodeAttributes(message).metadata;
    if (positions.has(commandId)) doubled.push(commandId);
    positions.set(commandId, message.position);
    events += 1;
  }
  const lost = acknowledged.filter(
    ({ commandId, position }) => positions.get(commandId) !== position,
  );
  return { events, lost, doubled };
}

/** Reads a stream from its first message to the one that is its last now. */
export async function* everyMessage(log: EventLog): AsyncGenerator<StoredMessage> {
  const { last } = await log.head();
  const { signal } = new AbortController();
  const range = { after: START, upTo: last, batchMax: BATCH_MAX, signal };
  for await (const batch of log.readRange(range)) yield* batch;
}
