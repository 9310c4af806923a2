/**
 * The header in which a restored event carries when it was stored at first, milliseconds since 1970. A restore alone writes
 * it: what `append` sends is made of the event, which has no place for it. It is informational and not part of the hash of an
 * event. See ADR 026.
 */
export const RECORDED_AT_HEADER = 'Atlas-Recorded-At';

// It is the first header or it is none, so that every other event costs one comparison.
const START = Buffer.from(`NATS/1.0\r\n${RECORDED_AT_HEADER}: `, 'latin1');
const DIGITS_MAX = 15;
const TIME = /^(\d{1,15})\r\n/;

/** Says when an event was stored: what a restore has noted, else what the broker says of the message. */
export function recordedAtOf(header: Uint8Array, storedAtMs: number): number {
  const { length } = START;
  if (header.length < length || START.compare(header, 0, length) !== 0) return storedAtMs;
  const from = header.subarray(length, length + DIGITS_MAX + 2);
  const digits = TIME.exec(Buffer.from(from).toString('latin1'))?.[1];
  return digits === undefined ? storedAtMs : Number(digits);
}
