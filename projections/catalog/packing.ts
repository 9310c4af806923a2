import { toPosition } from '#domain/position';
import type { StoredMessage } from '#log/event-log';

/** A batch in memory that two threads share: one packs and waits, the other unpacks and answers. */
export interface PackedBatch {
  readonly block: SharedArrayBuffer;
  readonly count: number;
}

// position, recordedAtMs (doubles), then three lengths (32 bits)
const FIXED_BYTES = 28;

/** Gives the bytes that a batch takes when it is packed. */
export function packedBytes(batch: readonly StoredMessage[]): number {
  return batch.reduce(
    (sum, m) => sum + FIXED_BYTES + Buffer.byteLength(m.subject) + m.header.length + m.data.length,
    0,
  );
}

/** Packs a batch into a block that has room for it. */
export function packBatch(batch: readonly StoredMessage[], block: SharedArrayBuffer): PackedBatch {
  const buffer = Buffer.from(block);
  let at = 0;
  for (const { position, recordedAtMs, subject, header, data } of batch) {
    at = buffer.writeDoubleLE(position, at);
    at = buffer.writeDoubleLE(recordedAtMs, at);
    const subjectBytes = buffer.write(subject, at + 12);
    at = buffer.writeUInt32LE(subjectBytes, at);
    at = buffer.writeUInt32LE(header.length, at);
    at = buffer.writeUInt32LE(data.length, at) + subjectBytes;
    buffer.set(header, at);
    buffer.set(data, at + header.length);
    at += header.length + data.length;
  }
  return { block, count: batch.length };
}

/** Shows a packed batch as messages, which are views into its block. */
export function unpacked(packed: PackedBatch): Iterable<StoredMessage> {
  return { [Symbol.iterator]: () => unpack(packed) };
}

function* unpack({ block, count }: PackedBatch): Generator<StoredMessage> {
  const buffer = Buffer.from(block);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const position = toPosition(buffer.readDoubleLE(at));
    const recordedAtMs = buffer.readDoubleLE(at + 8);
    const subjectEnd = at + FIXED_BYTES + buffer.readUInt32LE(at + 16);
    const headerEnd = subjectEnd + buffer.readUInt32LE(at + 20);
    const dataEnd = headerEnd + buffer.readUInt32LE(at + 24);
    yield {
      position,
      recordedAtMs,
      subject: buffer.toString('utf8', at + FIXED_BYTES, subjectEnd),
      header: buffer.subarray(subjectEnd, headerEnd),
      data: buffer.subarray(headerEnd, dataEnd),
    };
    at = dataEnd;
  }
}
