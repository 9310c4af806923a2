import type { Msg } from 'nats';
import type { Position } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { recordedAtOf } from '#log/recorded-at';

/** Where a message stands, as its reply subject says. */
export interface Delivery {
  /** Counts the deliveries of one consumer from 1 without gap. */
  readonly deliverySequence: number;
  readonly message: StoredMessage;
}

// Not part of the client's types: the payload with the header block in front, and the length of that block.
interface RawMsg {
  readonly _rdata?: Uint8Array;
  readonly _msg?: { readonly hdr: number };
}

/**
 * Reads a delivered message without decoding its headers.
 * The reply subject is `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time ns>.<pending>`,
 * or has domain, account hash and a random token more (ADR-15 of the NATS architecture).
 */
export function readDelivery(msg: Msg): Delivery {
  const tokens = (msg.reply ?? '').split('.');
  const first = tokens.length >= 11 ? 6 : 4;
  // Cut as text: as a number of nanoseconds it would be rounded, and read otherwise by the live tail.
  const storedAtMs = Number((tokens[first + 3] ?? '').slice(0, -6));
  const header = headerBlock(msg);
  return {
    deliverySequence: Number(tokens[first + 2]),
    message: {
      position: Number(tokens[first + 1]) as Position,
      subject: msg.subject,
      recordedAtMs: recordedAtOf(header, storedAtMs),
      header,
      data: msg.data,
    },
  };
}

/** Gives the header block as on the wire; where the client hides it, the block is written anew. */
export function headerBlock(msg: Msg): Uint8Array {
  const raw = msg as RawMsg;
  if (raw._rdata !== undefined && raw._msg !== undefined && raw._msg.hdr > 0) {
    return raw._rdata.subarray(0, raw._msg.hdr);
  }
  const lines = [...(msg.headers ?? [])].flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}\r\n`),
  );
  return Buffer.from(`NATS/1.0\r\n${lines.join('')}\r\n`, 'latin1');
}
