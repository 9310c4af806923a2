/**
 * The closed list of things that can go wrong and that a caller can act on.
 * HTTP status numbers are in `src/http/problem.ts` and nowhere else.
 */
export const ERROR_CODES = [
  'INVALID_REQUEST',
  'INVALID_NAME',
  'INVALID_JSON',
  'INVALID_SCHEMA',
  'INVALID_EVENT',
  'INVALID_SETTING',
  'UNSUPPORTED_MEDIA_TYPE',
  'METHOD_NOT_ALLOWED',
  'RANGE_NOT_SATISFIABLE',
  'INVALID_CURSOR',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'CROSS_SITE',
  'NOT_FOUND',
  'FINGERPRINT_CONFLICT',
  'VERSION_CONFLICT',
  'INCOMPATIBLE',
  'SELF_APPROVAL',
  'PRECONDITION_FAILED',
  'ILLEGAL_TRANSITION',
  'IDEMPOTENCY_KEY_REUSED',
  'ARTIFACT_MISSING',
  'CHECKSUM_MISMATCH',
  'TOO_LARGE',
  'URI_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'EXPECTATION_FAILED',
  'BUSY',
  'CONTENTION',
  'LOG_UNAVAILABLE',
  'LOG_FULL',
  'LOG_MISMATCH',
  'OUTCOME_UNKNOWN',
  'BEHIND',
  'NOT_READY',
  'READ_ONLY',
  'FROZEN',
  'VIEW_UNAVAILABLE',
  'STORE_UNAVAILABLE',
  'QUERY_TOO_BROAD',
  'DATASET_UNUSABLE',
  'DATASET_QUARANTINED',
  'NOT_CACHED',
  'OVERLOADED',
  'RATE_LIMITED',
  'CORRUPT_EVENT',
  'CANNOT_START',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Whether a write that failed is in the log: `unknown` is never reported as a failure. */
export type WriteOutcome = 'not-applied' | 'unknown';

export interface RegistryErrorOptions {
  /** Facts for the caller, safe to show: names, positions, limits. Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** For writes: what is known of the write. */
  readonly outcome?: WriteOutcome;
  /** Whole seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/**
 * Signals a condition that a caller can act on.
 * The message follows one grammar: `Cannot <verb> <noun> "<value>": <what is> (want <what should be>)`.
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly outcome: WriteOutcome | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.outcome = options.outcome;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Tells whether an error is a RegistryError, of the given code if one is named. */
export function isRegistryError(error: unknown, code?: ErrorCode): error is RegistryError {
  return error instanceof RegistryError && (code === undefined || error.code === code);
}

/** Quotes a value for a message: at most 80 characters, control characters escaped. */
export function quote(value: string): string {
  const shown = value.length > 80 ? `${value.slice(0, 77)}...` : value;
  return JSON.stringify(shown);
}
