import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from 'nats';
import { RegistryError } from '#domain/errors';
import { type Revision, toPosition } from '#domain/position';

/** The error codes of the JetStream API that an append can meet (nats-server `errors.json`). */
export const API_ERRORS = {
  messageNotFound: 10037,
  wrongLastSequence: 10071,
  /** Another message for the subject is on its way through the replicas: nothing is decided yet. */
  wrongLastSequenceUnknown: 10164,
  messageIdInProcess: 10158,
  leaderWarmingUp: 10163,
  noResources: 10023,
  memoryExceeded: 10028,
  storageExceeded: 10047,
  storeFailed: 10077,
  messageTooLarge: 10054,
  headerTooLarge: 10097,
  streamNotMatch: 10060,
  streamNotFound: 10059,
} as const;

export type Verdict =
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly error: RegistryError };

const FULL: ReadonlySet<number> = new Set([
  API_ERRORS.noResources,
  API_ERRORS.memoryExceeded,
  API_ERRORS.storageExceeded,
  API_ERRORS.storeFailed,
]);

/**
 * Says what a failed publish means. `refused`: surely not stored. `conflict`: the expected revision was wrong.
 * Whatever is not known to be one of these is `unknown`, because a message that got no answer is often stored.
 */
export function classify(error: unknown, stream: string): Verdict {
  if (error instanceof JetStreamApiError) return classifyApiError(error, stream);
  // The client does not export the class of "no responders".
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') {
    return refused('LOG_UNAVAILABLE', stream, error);
  }
  if (error instanceof errors.InvalidArgumentError) {
    return refused('TOO_LARGE', stream, error);
  }
  return { kind: 'unknown' };
}

function classifyApiError(error: JetStreamApiError, stream: string): Verdict {
  if (error.code === API_ERRORS.wrongLastSequence) {
    const said = /wrong last sequence: (\d+)/.exec(error.message)?.[1];
    return { kind: 'conflict', actual: said === undefined ? undefined : toPosition(Number(said)) };
  }
  if (FULL.has(error.code)) return refused('LOG_FULL', stream, error);
  if (error.code === API_ERRORS.messageTooLarge || error.code === API_ERRORS.headerTooLarge) {
    return refused('TOO_LARGE', stream, error);
  }
  if (error.code === API_ERRORS.streamNotMatch || error.code === API_ERRORS.streamNotFound) {
    return refused('LOG_MISMATCH', stream, error);
  }
  return { kind: 'unknown' };
}

function refused(
  code: 'LOG_UNAVAILABLE' | 'LOG_FULL' | 'LOG_MISMATCH' | 'TOO_LARGE',
  stream: string,
  cause: Error,
): Verdict {
  const is = code === 'LOG_UNAVAILABLE' ? 'no server answers for it' : cause.message;
  const retryAfterSeconds = code === 'TOO_LARGE' ? undefined : 1;
  const error = new RegistryError(code, `Cannot append to stream "${stream}": ${is}`, {
    outcome: 'not-applied',
    cause,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
  return { kind: 'refused', error };
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
