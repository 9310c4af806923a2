import { hash } from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type {
  CommandId,
  DomainEvent,
  EventHash,
  EventId,
  EventMetadata,
  NewEvent,
  RecordedEvent,
} from '#domain/event';
import { DATA_VERSION, isReadableDataVersion } from '#domain/upcast';
import type { StoredMessage } from '#log/event-log';
import { idOf, type Subject } from '#log/subjects';

/**
 * Events as CloudEvents 1.0 in the binary mode of its NATS binding: attributes as `ce-` headers, the body canonical
 * JSON. `Nats-Msg-Id` equals `ce-id`. Attribute values are percent-encoded outside printable ASCII.
 */
export interface EncodedEvent {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const SOURCE = '/atlas-registry';

/** Encodes an event for one subject. @throws INVALID_JSON when the data is not JSON */
export function encodeEvent(
  subject: Subject,
  { event, metadata, traceparent }: NewEvent,
): EncodedEvent {
  const headers: [string, string][] = [
    ['Nats-Msg-Id', metadata.id],
    ['content-type', 'application/json'],
    ['ce-specversion', '1.0'],
    ['ce-id', metadata.id],
    ['ce-source', SOURCE],
    ['ce-type', event.type],
    ['ce-subject', encodeAttribute(idOf(subject))],
    ['ce-time', metadata.time],
    ['ce-dataversion', String(DATA_VERSION)],
    ['ce-commandid', encodeAttribute(metadata.commandId)],
    ['ce-requesthash', metadata.requestFingerprint],
    ['ce-actor', encodeAttribute(metadata.actor)],
  ];
  if (metadata.requestId !== undefined)
    headers.push(['ce-requestid', encodeAttribute(metadata.requestId)]);
  if (metadata.previousHash !== undefined) headers.push(['ce-prevhash', metadata.previousHash]);
  // Outside of the hash: whether a request is traced changes nothing about what has happened.
  if (traceparent !== undefined) headers.push(['ce-traceparent', encodeAttribute(traceparent)]);
  return { headers, body: Buffer.from(canonicalJson(event.data), 'utf8') };
}

/** The attributes of a stored event, as far as the registry reads them. */
export interface EventAttributes {
  readonly type: string;
  readonly dataVersion: number;
  /** The digest of the body in the artifact store, when it was too large for a message. */
  readonly dataRef: Sha256 | undefined;
  readonly metadata: EventMetadata;
}

/** What a stored event says of itself, without its data. */
export interface EventEnvelope extends EventAttributes {
  readonly hash: EventHash;
}

/** Reads the attributes from a header block. @throws CORRUPT_EVENT when one that must be there is not */
export function decodeAttributes(message: StoredMessage): EventAttributes {
  const next = attributeReader(message);
  const required = (name: AttributeName): string => {
    const value = next(name);
    if (value === undefined) throw corrupt(message, { is: `it has no header ce-${name}` });
    return value;
  };
  const decoded = (name: AttributeName, value = required(name)): string => {
    try {
      return decodeAttribute(value);
    } catch (cause) {
      throw corrupt(message, { is: `its header ce-${name} is ${quote(value)}`, cause });
    }
  };
  // In the order in which they are written, so that each is found where the one before it ends.
  const id = required('id') as EventId;
  const type = required('type');
  const time = required('time');
  const dataVersion = Number(required('dataversion'));
  const commandId = decoded('commandid') as CommandId;
  const requestFingerprint = required('requesthash') as Sha256;
  const actor = decoded('actor');
  const request = next('requestid');
  const requestId = request === undefined ? {} : { requestId: decoded('requestid', request) };
  const previousHash = next('prevhash') as EventHash | undefined;
  const dataRef = next('dataref')?.replace(/^sha256:/, '') as Sha256 | undefined;
  const metadata = { id, time, commandId, requestFingerprint, actor, ...requestId, previousHash };
  return { type, dataVersion, dataRef, metadata };
}

const LINES = {
  id: '\r\nce-id: ',
  type: '\r\nce-type: ',
  time: '\r\nce-time: ',
  dataversion: '\r\nce-dataversion: ',
  commandid: '\r\nce-commandid: ',
  requesthash: '\r\nce-requesthash: ',
  actor: '\r\nce-actor: ',
  requestid: '\r\nce-requestid: ',
  prevhash: '\r\nce-prevhash: ',
  dataref: '\r\nce-dataref: ',
} as const;
type AttributeName = keyof typeof LINES;

// Over the text of the block: the client's own header type costs eight times as much, and a rebuild reads millions.
function attributeReader({ header }: StoredMessage): (name: AttributeName) => string | undefined {
  const text = Buffer.from(header.buffer, header.byteOffset, header.length).toString('latin1');
  let at = 0;
  return (name) => {
    const line = LINES[name];
    const behind = text.indexOf(line, at);
    const start = behind === -1 ? text.indexOf(line) : behind;
    if (start === -1) return undefined;
    at = text.indexOf('\r\n', start + line.length);
    return text.slice(start + line.length, at);
  };
}

/** Decodes everything but the data. @throws CORRUPT_EVENT when the header cannot be read, or is too new */
export function decodeEnvelope(message: StoredMessage): EventEnvelope {
  const attributes = decodeAttributes(message);
  if (!isReadableDataVersion(attributes.dataVersion)) {
    const want = `want 1 to ${DATA_VERSION}: start a node of the version that wrote it`;
    throw corrupt(message, { is: `its data version is ${attributes.dataVersion}`, want });
  }
  return { ...attributes, hash: hashEvent(message, attributes) };
}

/** Decodes a stored event. @throws CORRUPT_EVENT when the header or body cannot be read, or are too new */
export function decodeEvent(message: StoredMessage): RecordedEvent {
  const { type, metadata, hash: own } = decodeEnvelope(message);
  const { position, subject, recordedAtMs } = message;
  const event = { type, data: decodeData(message) };
  return { event, metadata, position, subject, recordedAtMs, hash: own };
}

/** Decodes the data of a stored event. @throws CORRUPT_EVENT when it is no JSON object */
export function decodeData(message: StoredMessage): DomainEvent['data'] {
  let data: unknown;
  try {
    data = JSON.parse(bodyText(message));
  } catch (error) {
    throw corrupt(message, { is: 'its body is not JSON', cause: error });
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw corrupt(message, { is: 'its body is no JSON object' });
  return data as DomainEvent['data'];
}

/** Gives the body of a stored event as text. */
export function bodyText({ data }: StoredMessage): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString('utf8');
}

/**
 * Computes the hash of a stored event: SHA-256 over the hash before it, its subject, its attributes and its body.
 * Changing, removing or inserting an event changes every later hash on the subject.
 */
export function hashEvent(message: StoredMessage, attributes: EventAttributes): EventHash {
  const { metadata, type, dataVersion } = attributes;
  const { previousHash = '', id, time, requestFingerprint } = metadata;
  // As in their headers: a line break in one of them must not look like the end of the field.
  const [commandId, actor] = [encodeAttribute(metadata.commandId), encodeAttribute(metadata.actor)];
  // No body begins with it, so that an event without it cannot be taken for one with it.
  const request =
    metadata.requestId === undefined ? '' : `request ${encodeAttribute(metadata.requestId)}\n`;
  const head = `${previousHash}\n${message.subject}\n${id}\n${type}\n${dataVersion}\n${time}\n${commandId}\n${requestFingerprint}\n${actor}\n${request}`;
  // In one call: a hash object costs more than hashing so little.
  return hash('sha256', Buffer.concat([Buffer.from(head), message.data])) as EventHash;
}

function corrupt(
  { position, subject }: StoredMessage,
  why: { readonly is: string; readonly want?: string; readonly cause?: unknown },
): RegistryError {
  const { is, want = 'want a CloudEvent that this registry wrote', cause } = why;
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot read event ${position} on ${quote(subject)}: ${is} (${want})`,
    { details: { position, subject }, cause },
  );
}

/** Percent-encodes what a header may not hold (CloudEvents 1.0.2 HTTP binding, section 3.1.3.2). */
export function encodeAttribute(value: string): string {
  return /^[!#$&-~]*$/.test(value)
    ? value
    : value.replaceAll(/[^!#$&-~]/gu, (char) => encodeURIComponent(char));
}

/** Decodes an attribute that `encodeAttribute` wrote. */
export function decodeAttribute(value: string): string {
  return value.includes('%') ? decodeURIComponent(value) : value;
}
