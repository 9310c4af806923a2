import { toPosition } from '#domain/position';
import type { EventLog, StoredMessage } from '#log/event-log';
import type { SubjectFilter } from '#log/subjects';

/** A log that is held to its promises. */
export interface LogUnderTest extends AsyncDisposable {
  readonly log: EventLog;
  /** A second, independent way to the same log. */
  readonly other: EventLog;
  /** How large a body may be before it leaves the message, and before it is refused. */
  readonly messageBytesMax: number;
  readonly bodyBytesMax: number;
  readonly storedBodies: () => number;
}

/** Names everything of a message, whatever kind of byte array it lies in. */
export function bytesOf({ header, data, ...rest }: StoredMessage): object {
  return { ...rest, header: textOf(header), data: textOf(data) };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Takes so many messages behind a position and stops. */
export async function takeFrom(
  log: EventLog,
  after: number,
  count: number | { readonly count: number; readonly filter: SubjectFilter },
): Promise<StoredMessage[]> {
  const wanted = typeof count === 'number' ? { count } : count;
  const taken: StoredMessage[] = [];
  if (wanted.count === 0) return taken;
  const stop = new AbortController();
  const options = { after: toPosition(after), batchMax: 1_000, signal: stop.signal, ...wanted };
  for await (const batch of log.follow(options)) {
    taken.push(...batch);
    if (taken.length >= wanted.count) break;
  }
  stop.abort();
  return taken.slice(0, wanted.count);
}
