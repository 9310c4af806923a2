import type { StoredMessage } from '#log/event-log';

// The attribute that CloudEvents have for it (Distributed Tracing extension 1.0.2).
const LINE = Buffer.from('\r\nce-traceparent: ', 'latin1');
const LENGTH_MAX = 128;
// What is applied long after it was written, in a rebuild, says nothing about the request that it came with.
const FRESH_MS = 60_000;
const TRACED_MAX = 16;

/** Gives the trace that an event belongs to, as W3C `traceparent`; `undefined` where it was not recorded. */
export function traceparentOf({ header }: Pick<StoredMessage, 'header'>): string | undefined {
  const block = Buffer.from(header.buffer, header.byteOffset, header.length);
  const at = block.indexOf(LINE);
  if (at === -1) return undefined;
  const start = at + LINE.length;
  const end = block.indexOf('\r\n', start, 'latin1');
  return end - start > LENGTH_MAX ? undefined : block.toString('latin1', start, end);
}

/** Gives the traces of the events of a batch that were written a moment ago, at most `TRACED_MAX`. */
export function freshTraceparents(batch: readonly StoredMessage[], nowMs: number): string[] {
  const found: string[] = [];
  for (const message of batch) {
    if (nowMs - message.recordedAtMs > FRESH_MS) continue;
    const traceparent = traceparentOf(message);
    if (traceparent !== undefined) found.push(traceparent);
    if (found.length === TRACED_MAX) break;
  }
  return found;
}
