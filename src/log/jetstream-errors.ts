import { type ErrorCode, RegistryError } from '#domain/errors';

/** The error codes of the JetStream API that an append can meet (nats-server `errors.json`). */
export const API_ERRORS = {
  messageNotFound: 10037,
  wrongLastSequence: 10071,
  noResources: 10023,
  memoryExceeded: 10028,
  storageExceeded: 10047,
  storeFailed: 10077,
  messageTooLarge: 10054,
  headerTooLarge: 10097,
  streamNotMatch: 10060,
  streamNotFound: 10059,
} as const;

// Everything that is not here leaves the outcome open: 10158 (message id in process), 10163 (leader warming up) and 10164
// (another message for the subject is on its way through the replicas) among them. A repeat of the append decides.
const REFUSALS: ReadonlyMap<number, ErrorCode> = new Map([
  [API_ERRORS.noResources, 'LOG_FULL'],
  [API_ERRORS.memoryExceeded, 'LOG_FULL'],
  [API_ERRORS.storageExceeded, 'LOG_FULL'],
  [API_ERRORS.storeFailed, 'LOG_FULL'],
  [API_ERRORS.messageTooLarge, 'TOO_LARGE'],
  [API_ERRORS.headerTooLarge, 'TOO_LARGE'],
  [API_ERRORS.streamNotMatch, 'LOG_MISMATCH'],
  [API_ERRORS.streamNotFound, 'LOG_MISMATCH'],
]);

/** Makes the error for a refusal that says that the event is surely not stored; `undefined` where it does not say so. */
export function refusalOf(
  stream: string,
  refused: { readonly code: number; readonly description: string },
): RegistryError | undefined {
  const code = REFUSALS.get(refused.code);
  if (code === undefined) return undefined;
  return new RegistryError(code, `Cannot append to stream "${stream}": ${refused.description}`, {
    outcome: 'not-applied',
    details: { brokerCode: refused.code },
    ...(code === 'TOO_LARGE' ? {} : { retryAfterSeconds: 1 }),
  });
}

/** Makes the error for a stream whose leader does not answer. A write that meets it was not applied. */
export function unavailable(stream: string, is: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'LOG_UNAVAILABLE',
    `Cannot reach stream "${stream}": ${is} (want a running NATS server with JetStream)`,
    { outcome: 'not-applied', retryAfterSeconds: 1, cause },
  );
}

/** Makes the error for a stream whose disk has no room. The write was not sent. */
export function full(stream: string): RegistryError {
  return new RegistryError(
    'LOG_FULL',
    `Cannot append to stream "${stream}": the disk of the broker is full (want free space there)`,
    { outcome: 'not-applied', retryAfterSeconds: 10 },
  );
}

/** Makes the error for a message that the client did not send. */
export function notSent(stream: string, cause: unknown): RegistryError {
  const is = cause instanceof Error ? cause.message : String(cause);
  if (!/payload/i.test(is)) return unavailable(stream, is, cause);
  return new RegistryError(
    'TOO_LARGE',
    `Cannot append to stream "${stream}": ${is} (want a smaller body, or a larger max_payload of the server)`,
    { outcome: 'not-applied', cause },
  );
}
