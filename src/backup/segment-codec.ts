import { type Sha256, sha256Of } from '#domain/digest';
import { toPosition } from '#domain/position';
import type { StoredMessage } from '#log/event-log';

// Position, time, and the lengths of subject, header block and data.
const HEAD_BYTES = 8 + 8 + 4 + 4 + 4;

/** Encodes messages one after the other, each with its position, subject, time, header block and data as stored. */
export function encodeSegment(messages: readonly StoredMessage[]): Buffer {
  return Buffer.concat(messages.flatMap(encodeMessage));
}

/** The SHA-256 over everything that a backup keeps of a message. */
export function digestOfMessage(message: StoredMessage): Sha256 {
  return sha256Of(Buffer.concat(encodeMessage(message)));
}

/** How many bytes a message has in a segment. */
export function segmentBytesOf({ subject, header, data }: StoredMessage): number {
  return HEAD_BYTES + Buffer.byteLength(subject) + header.length + data.length;
}

/** Decodes what `encodeSegment` made. @throws RangeError for anything else */
export function decodeSegment(bytes: Buffer): readonly StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const position = toPosition(Number(bytes.readBigUInt64BE(at)));
    const recordedAtMs = bytes.readDoubleBE(at + 8);
    const subjectAt = at + HEAD_BYTES;
    const headerAt = subjectAt + bytes.readUInt32BE(at + 16);
    const dataAt = headerAt + bytes.readUInt32BE(at + 20);
    at = dataAt + bytes.readUInt32BE(at + 24);
    if (at > bytes.length) throw new RangeError('it ends within an event');
    const subject = bytes.toString('utf8', subjectAt, headerAt);
    const header = bytes.subarray(headerAt, dataAt);
    messages.push({ position, subject, recordedAtMs, header, data: bytes.subarray(dataAt, at) });
  }
  return messages;
}

function encodeMessage(message: StoredMessage): readonly Uint8Array[] {
  const { position, recordedAtMs, header, data } = message;
  const subject = Buffer.from(message.subject);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeBigUInt64BE(BigInt(position), 0);
  head.writeDoubleBE(recordedAtMs, 8);
  head.writeUInt32BE(subject.length, 16);
  head.writeUInt32BE(header.length, 20);
  head.writeUInt32BE(data.length, 24);
  return [head, subject, header, data];
}
