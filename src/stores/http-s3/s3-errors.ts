/** What a request to S3 came to grief on. */
export type S3FailureKind =
  /** The server answered with a status. */
  | 'answer'
  | 'timeout'
  | 'network'
  /** It was not sent, or its answer cannot be read. */
  | 'other';

export interface S3ErrorOptions {
  readonly kind: S3FailureKind;
  readonly status?: number | undefined;
  /** The code of S3, such as `NoSuchKey`. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** Signals that a request to S3 failed. The message says in plain words what is, with the code of S3, and nothing secret. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly kind: S3FailureKind;
  readonly status: number | undefined;
  readonly code: string | undefined;

  constructor(message: string, { kind, status, code, cause }: S3ErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.status = status;
    this.code = code;
  }

  /** Whether the server may have done what it was asked for. An answer below 500 and SlowDown say that it has not. */
  get mayBeApplied(): boolean {
    if (this.kind !== 'answer') return this.kind !== 'other';
    return (this.status ?? 500) >= 500 && this.code !== 'SlowDown' && this.status !== 501;
  }
}

/** Tells whether an error is an answer of S3 with this status. */
export function isS3Status(error: unknown, status: number): error is S3Error {
  return error instanceof S3Error && error.status === status;
}

const PLAIN: Readonly<Record<string, string>> = {
  AccessDenied: 'access is refused',
  ExpiredToken: 'the credentials are refused',
  InvalidAccessKeyId: 'the credentials are refused',
  InvalidToken: 'the credentials are refused',
  NoSuchBucket: 'the bucket is not there',
  NoSuchKey: 'it is not there',
  RequestTimeTooSkewed: 'the clocks of client and server differ too much',
  SignatureDoesNotMatch: 'the credentials are refused',
  SlowDown: 'the server asks to slow down',
};

// The names that the SDK gives where the server sent no code, as in every answer to HEAD.
const NAMELESS: ReadonlySet<string> = new Set(['Unknown', 'UnknownError', 'Error', 'NotFound']);

/** Reads what the SDK, Node or the system threw. */
export function readS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const { name, code, status } = fieldsOf(error);
  if (status !== undefined) return answerError(error, status, name);
  // The SDK calls resets timeouts, too: those have a code.
  if (code === 'ETIMEDOUT' || (name === 'TimeoutError' && code === undefined))
    return new S3Error('it did not connect in time', { kind: 'timeout', cause: error });
  const text = error instanceof Error ? error.message : String(error);
  if (name === 'CredentialsProviderError')
    return new S3Error('no credentials were found', { kind: 'other', cause: error });
  // What Node's parser refuses was an answer, but none of HTTP.
  const kind = code === undefined || code.startsWith('HPE_') ? 'other' : 'network';
  return new S3Error(text === '' ? (code ?? name) : text, { kind, code, cause: error });
}

function answerError(cause: unknown, status: number, name: string): S3Error {
  // Node and browsers' names for a reply whose XML is none: the SDK passes them on.
  const isNamed = cause instanceof Error && !(cause instanceof SyntaxError) && !NAMELESS.has(name);
  const code = isNamed && !/^\d+$/.test(name) ? name : undefined;
  const plain =
    (code === undefined ? undefined : PLAIN[code]) ??
    (status === 403 ? 'access is refused' : `the server answered ${status}`);
  const message =
    code === undefined && status !== 403 ? plain : `${plain} (${code ?? String(status)})`;
  return new S3Error(message, { kind: 'answer', status, code, cause: withoutExchange(cause) });
}

/** An error of the SDK carries request and answer, with the tokens in their headers: only its text goes on. */
function withoutExchange(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { name, message, stack } = error;
  return Object.assign(new Error(message), { name, ...(stack === undefined ? {} : { stack }) });
}

interface Fields {
  readonly name: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
}

function fieldsOf(error: unknown): Fields {
  if (!(error instanceof Error)) return { name: '', code: undefined, status: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name: error.name, code, status: statusOf(error) };
}

function statusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const response = '$response' in error ? error.$response : undefined;
  return numberIn(metadata, 'httpStatusCode') ?? numberIn(response, 'statusCode');
}

function numberIn(holder: unknown, field: string): number | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const value: unknown = Reflect.get(holder, field);
  return typeof value === 'number' ? value : undefined;
}
