import { type ErrorCode, isRegistryError, type RegistryError } from '#domain/errors';

/** What HTTP says for each code. The only place with status numbers of errors. */
const TABLE: Readonly<
  Record<ErrorCode, readonly [status: number, title: string, retryable: boolean]>
> = {
  INVALID_REQUEST: [400, 'The request is malformed', false],
  INVALID_NAME: [400, 'A name is malformed', false],
  INVALID_JSON: [400, 'The body is not JSON', false],
  INVALID_CURSOR: [400, 'The cursor does not belong to this request', false],
  UNAUTHENTICATED: [401, 'Who sends this is not known', false],
  FORBIDDEN: [403, 'The token does not allow it', false],
  CROSS_SITE: [403, 'A page of another site sent it', false],
  READ_ONLY: [403, 'This node does not write', false],
  SELF_APPROVAL: [403, 'Nobody approves their own version', false],
  NOT_FOUND: [404, 'There is no such thing', false],
  METHOD_NOT_ALLOWED: [405, 'The resource has no such method', false],
  RANGE_NOT_SATISFIABLE: [416, 'The range is outside the file', false],
  FINGERPRINT_CONFLICT: [409, 'The name has another schema fingerprint', false],
  VERSION_CONFLICT: [409, 'The version exists with other content', false],
  ILLEGAL_TRANSITION: [409, 'The state does not allow it', false],
  PRECONDITION_FAILED: [412, 'It is not as the request wants it', false],
  REQUEST_TIMEOUT: [408, 'The request came too slowly', true],
  TOO_LARGE: [413, 'The body is too large', false],
  URI_TOO_LONG: [414, 'The address is too long', false],
  EXPECTATION_FAILED: [417, 'The expectation cannot be met', false],
  HEADERS_TOO_LARGE: [431, 'The headers are too large', false],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The media type is not supported', false],
  INCOMPATIBLE: [422, 'The version promises more than its content keeps', false],
  INVALID_SCHEMA: [422, 'The schema is not valid', false],
  INVALID_EVENT: [422, 'The event is not valid', false],
  IDEMPOTENCY_KEY_REUSED: [422, 'The idempotency key belongs to another request', false],
  ARTIFACT_MISSING: [422, 'The artifact is not in the store', false],
  CHECKSUM_MISMATCH: [422, 'The bytes are not the ones that were named', false],
  QUERY_TOO_BROAD: [422, 'The query would read too much', false],
  DATASET_UNUSABLE: [422, 'The dataset cannot be asked for that', false],
  RATE_LIMITED: [429, 'Too many requests', true],
  INVALID_SETTING: [500, 'A setting is not valid', false],
  LOG_MISMATCH: [500, 'The log is not the one that is expected', false],
  CORRUPT_EVENT: [500, 'An event cannot be read', false],
  CANNOT_START: [500, 'The registry cannot start', false],
  BUSY: [503, 'Too many commands wait already', true],
  CONTENTION: [503, 'Other writers were faster', true],
  FROZEN: [503, 'Writes are frozen: the log needs a look', false],
  LOG_UNAVAILABLE: [503, 'The log does not answer', true],
  OUTCOME_UNKNOWN: [503, 'The outcome is not known', true],
  BEHIND: [503, 'This node has not seen that position yet', true],
  NOT_READY: [503, 'This node is not ready', true],
  VIEW_UNAVAILABLE: [503, 'The view does not answer', true],
  STORE_UNAVAILABLE: [503, 'The artifact store does not answer', true],
  DATASET_QUARANTINED: [503, 'The dataset is in quarantine', true],
  NOT_CACHED: [503, 'The dataset is not on this node', true],
  OVERLOADED: [503, 'This node is overloaded', true],
  LOG_FULL: [507, 'The log has no room left', true],
};

/** An RFC 9457 problem: the body of every answer that is not a success. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  /** The trace of the request, where it was recorded. */
  readonly trace_id?: string;
  readonly code: ErrorCode | 'INTERNAL';
  readonly retryable: boolean;
  /** On writes: `not-applied` is never in the log, `unknown` may be. */
  readonly outcome?: 'not-applied' | 'unknown';
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The request that a problem belongs to. */
export interface ProblemContext {
  readonly requestId: string;
  readonly traceId?: string | undefined;
  readonly isWrite: boolean;
}

/** Turns whatever was thrown into a problem. What is not expected shows its id and nothing else. */
export function toProblem(error: unknown, context: ProblemContext): Problem {
  const { requestId, traceId } = context;
  const ids = {
    instance: `urn:atlas-registry:request:${requestId}`,
    ...(traceId === undefined ? {} : { trace_id: traceId }),
  };
  if (isRegistryError(error)) return expected(error, ids, context.isWrite);
  return {
    type: 'urn:atlas-registry:problem:internal',
    title: 'Something went wrong here',
    status: 500,
    detail: `Cannot answer the request: an unexpected error happened, logged under request ${context.requestId}`,
    ...ids,
    code: 'INTERNAL',
    retryable: false,
    ...(context.isWrite ? { outcome: 'unknown' as const } : {}),
  };
}

/**
 * Turns what one part of a request has thrown into the problem of that part. What is not expected is reported, because the
 * answer of the whole is no error.
 */
export function partProblem(
  error: unknown,
  { requestId, report }: { readonly requestId: string; readonly report: (error: unknown) => void },
): Problem {
  if (!isRegistryError(error)) report(error);
  return toProblem(error, { requestId, isWrite: true });
}

function expected(
  error: RegistryError,
  ids: Pick<Problem, 'instance' | 'trace_id'>,
  isWrite: boolean,
): Problem {
  const [status, title, retryable] = TABLE[error.code];
  const hasDetails = Object.keys(error.details).length > 0;
  return {
    type: `urn:atlas-registry:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: error.message,
    ...ids,
    code: error.code,
    retryable,
    ...(isWrite ? { outcome: error.outcome ?? 'not-applied' } : {}),
    ...(hasDetails ? { details: error.details } : {}),
  };
}

/** Seconds for `Retry-After`: every 429, 503 and 507 has them. */
export function retryAfterOf(error: unknown, status: number): number | undefined {
  const own = isRegistryError(error) ? error.retryAfterSeconds : undefined;
  return own ?? (status === 429 || status === 503 || status === 507 ? 1 : undefined);
}
