import { parseSha256, type Sha256, sha256Of } from '#domain/digest';
import { isRegistryError, RegistryError } from '#domain/errors';
import type { NewEvent } from '#domain/event';
import { decodeAttributes, type EncodedEvent, encodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import type { Subject } from '#log/subjects';

/** Where bodies go that are too large for a message. Content-addressed: putting twice is putting once. */
export interface BodyStore {
  put(sha256: Sha256, bytes: Uint8Array): Promise<void>;
  get(sha256: Sha256): Promise<Uint8Array>;
}

export interface BodyLimits {
  /** The largest body that travels inside a message. */
  readonly messageBytesMax: number;
  /** The largest body at all. */
  readonly bodyBytesMax: number;
  readonly bodies: BodyStore | undefined;
}

/**
 * Encodes an event, moving a body over the message limit into the body store; the event then refers to it by digest
 * (`ce-dataref`, CloudEvents claim check). The body is stored before the event that names it can be.
 * @throws TOO_LARGE when the body is over the maximum: nothing was written
 */
export async function encodeWithin(
  limits: BodyLimits,
  subject: Subject,
  event: NewEvent,
): Promise<EncodedEvent> {
  const encoded = encodeEvent(subject, event);
  const { messageBytesMax, bodyBytesMax, bodies } = limits;
  const { length } = encoded.body;
  if (length <= messageBytesMax) return encoded;
  if (length > bodyBytesMax || bodies === undefined) {
    const max = bodies === undefined ? messageBytesMax : bodyBytesMax;
    throw new RegistryError(
      'TOO_LARGE',
      `Cannot append event "${event.event.type}": its body has ${length} bytes (want at most ${max})`,
      { details: { bytes: length, bytesMax: max }, outcome: 'not-applied' },
    );
  }
  const sha256 = sha256Of(encoded.body);
  await bodies.put(sha256, encoded.body);
  return {
    headers: [...encoded.headers, ['ce-dataref', `sha256:${sha256}`]],
    body: Buffer.alloc(0),
  };
}

/** Fetches the bodies that messages of a batch refer to. Inline bodies are never empty: those pass untouched. */
export async function withBodies(
  limits: BodyLimits,
  batch: readonly StoredMessage[],
): Promise<readonly StoredMessage[]> {
  if (!batch.some(isReference)) return batch;
  return await Promise.all(
    batch.map(async (message) =>
      isReference(message) ? { ...message, data: await fetchBody(limits, message) } : message,
    ),
  );
}

// Bodies in the store are large: this many of them may be in memory for one reader.
const FETCHED_MAX = 8;

/** Cuts a batch so that no part refers to more bodies than may be in memory at once. */
export function* byBodies(batch: readonly StoredMessage[]): Generator<readonly StoredMessage[]> {
  let from = 0;
  let references = 0;
  for (const [index, message] of batch.entries()) {
    if (!isReference(message)) continue;
    references += 1;
    if (references <= FETCHED_MAX) continue;
    yield batch.slice(from, index);
    from = index;
    references = 1;
  }
  yield from === 0 ? batch : batch.slice(from);
}

function isReference(message: StoredMessage): boolean {
  return message.data.length === 0;
}

async function fetchBody(limits: BodyLimits, message: StoredMessage): Promise<Uint8Array> {
  const { dataRef } = decodeAttributes(message);
  const details = { position: message.position };
  const where = `Cannot read event ${message.position} on "${message.subject}"`;
  if (dataRef === undefined) {
    throw new RegistryError(
      'CORRUPT_EVENT',
      `${where}: its body is empty (want a body or ce-dataref)`,
      { details },
    );
  }
  if (limits.bodies === undefined) {
    throw new RegistryError(
      'STORE_UNAVAILABLE',
      `${where}: its body is in a store and none is configured`,
      { details },
    );
  }
  const bytes = await limits.bodies.get(parseSha256(dataRef)).catch((cause: unknown) => {
    if (!isRegistryError(cause)) throw cause;
    throw new RegistryError(cause.code, `${where}: ${cause.message}`, {
      cause,
      details: { ...cause.details, ...details },
    });
  });
  const actual = sha256Of(bytes);
  if (actual !== dataRef) {
    throw new RegistryError(
      'CORRUPT_EVENT',
      `${where}: its stored body has SHA-256 "${actual}" (want "${dataRef}")`,
      { details },
    );
  }
  return bytes;
}
