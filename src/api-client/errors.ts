import type { Schemas } from '#api-client/operations';

/** What a write has done: `not-applied` is never in the log, `unknown` may be. Repeating it under its key finds out. */
export type Outcome = 'not-applied' | 'unknown';

/** A code of the registry, or of this client where no registry has answered. */
export type ErrorCode =
  | Schemas['Problem']['code']
  | 'UNREACHABLE'
  | 'TIMED_OUT'
  | 'NO_PROBLEM'
  | 'UNEXPECTED_ANSWER';

/** What an answer that is no success says; empty where it is no problem of RFC 9457. */
export type ProblemDocument = Partial<Schemas['Problem']>;

interface ErrorFacts {
  readonly code: ErrorCode;
  readonly status?: number | undefined;
  readonly outcome?: Outcome | undefined;
  readonly requestId?: string | undefined;
}

/** A request that had no success. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  readonly code: ErrorCode;
  /** Absent where nothing answered. */
  readonly status: number | undefined;
  /** Absent for reads. */
  readonly outcome: Outcome | undefined;
  /** What the registry logs the request under. */
  readonly requestId: string | undefined;

  constructor(message: string, { code, status, outcome, requestId }: ErrorFacts, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.status = status;
    this.outcome = outcome;
    this.requestId = requestId;
  }
}

/** An answer of the registry that is not a success. */
export class ResponseError extends ClientError {
  override readonly name: string = 'ResponseError';
  override readonly status: number;
  /** The whole problem (RFC 9457) as it was sent; empty where the answer was none. */
  readonly problem: ProblemDocument;
  /** How long the registry wants to be left alone, in milliseconds; absent where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: ProblemDocument, facts: AnswerFacts = {}) {
    const { code = 'NO_PROBLEM', outcome, detail = `The registry answered ${status}` } = problem;
    super(detail, { code, status, outcome, requestId: facts.requestId });
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** What the headers of an answer say. */
export interface AnswerFacts {
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The request itself is wrong: 400, 405, 408, 413 to 417, 431. */
export class InvalidRequestError extends ResponseError {
  override readonly name = 'InvalidRequestError';
}

/** Who sends it is not known: 401. */
export class UnauthenticatedError extends ResponseError {
  override readonly name = 'UnauthenticatedError';
}

/** The token does not allow it, or this node does not write: 403. */
export class ForbiddenError extends ResponseError {
  override readonly name = 'ForbiddenError';
}

/** There is no such thing in this scope: 404. */
export class NotFoundError extends ResponseError {
  override readonly name = 'NotFoundError';
}

/** It stands otherwise than the request wants: 409, 412. */
export class ConflictError extends ResponseError {
  override readonly name = 'ConflictError';
}

/** The content is refused, such as an incompatible version: 422. `problem.details` says what was found. */
export class RefusedError extends ResponseError {
  override readonly name = 'RefusedError';
}

/** Too many requests, for longer than this client may wait: 429. Nothing was done. */
export class RateLimitedError extends ResponseError {
  override readonly name = 'RateLimitedError';
}

/** The registry cannot answer now: 5xx. */
export class UnavailableError extends ResponseError {
  override readonly name = 'UnavailableError';
}

/** Nothing answered, or the answer was cut off. */
export class UnreachableError extends ClientError {
  override readonly name = 'UnreachableError';

  constructor(message: string, outcome: Outcome | undefined, cause: unknown) {
    super(message, { code: 'UNREACHABLE', outcome }, cause);
  }
}

/** Nothing answered in time. */
export class TimedOutError extends ClientError {
  override readonly name = 'TimeoutError';

  constructor(message: string, outcome: Outcome | undefined) {
    super(message, { code: 'TIMED_OUT', outcome });
  }
}

/** Something answered that is not such a registry: a page to sign in at, a proxy, another program. */
export class UnexpectedAnswerError extends ClientError {
  override readonly name = 'UnexpectedAnswerError';

  constructor(message: string, facts: Omit<ErrorFacts, 'code'>, cause?: unknown) {
    super(message, { ...facts, code: 'UNEXPECTED_ANSWER' }, cause);
  }
}

const CLASSES: Readonly<Record<number, typeof ResponseError>> = {
  401: UnauthenticatedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  412: ConflictError,
  422: RefusedError,
  429: RateLimitedError,
};

/** Makes the error of the class that fits a status. */
export function responseError(
  status: number,
  problem: ProblemDocument,
  facts: AnswerFacts,
): ResponseError {
  const fitting = CLASSES[status] ?? (status >= 500 ? UnavailableError : InvalidRequestError);
  return new fitting(status, problem, facts);
}

/** Reads the answer that is no success. */
export async function readError(response: Response): Promise<ResponseError> {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const facts = {
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
  };
  return responseError(response.status, problemIn(type, text), facts);
}

function problemIn(type: string, text: string): ProblemDocument {
  if (!type.startsWith('application/problem+json')) return {};
  try {
    return JSON.parse(text) as ProblemDocument;
  } catch {
    // A proxy has cut it: its status still counts.
    return {};
  }
}

/** Reads `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
