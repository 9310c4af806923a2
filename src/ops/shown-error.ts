/** What the log shows of an error: what is listed here and nothing else. */
export interface ShownError {
  readonly type: string;
  /** Left out where its words may come from anywhere. */
  readonly message?: string;
  readonly code?: string | number;
  /** Where it was made, without what it says. */
  readonly stack?: string;
  readonly cause?: ShownError;
  readonly errors?: readonly ShownError[];
}

const DEPTH_MAX = 5;
const ERRORS_MAX = 5;
const FRAMES_MAX = 20;
const CODE = /^[A-Z0-9_]{1,40}$/i;
const FRAME = /^ {4}at [^\n]*:\d+:\d+\)?$/;

/** Errors whose messages are written in this project: they hold names and limits, never a credential or a body. */
const OWN_TYPES: ReadonlySet<string> = new Set([
  'RegistryError',
  'StoreError',
  'SecretMissing',
  'TargetRefused',
  'LeftAlone',
  'TooSlow',
  'WorkStopped',
]);

/**
 * Gives what may be shown of an error. Errors of drivers carry requests, settings and rows as members, and their messages quote
 * what they were given: of those the class, the code and the place are shown. Messages are shown of errors that are written here
 * and of calls of the system, which name a call, an address or a path.
 */
export function shownError(error: unknown, depth = 0): ShownError {
  if (!(error instanceof Error)) return { type: typeof error };
  const type = /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  const message = shownMessage(error);
  const stack = framesOf(error);
  const errors = error instanceof AggregateError ? error.errors.slice(0, ERRORS_MAX) : [];
  const isDeep = depth >= DEPTH_MAX;
  return {
    type,
    ...(message === undefined ? {} : { message }),
    ...(typeof code === 'number' || (typeof code === 'string' && CODE.test(code)) ? { code } : {}),
    ...(stack === '' ? {} : { stack }),
    ...(cause instanceof Error && !isDeep ? { cause: shownError(cause, depth + 1) } : {}),
    ...(errors.length === 0 || isDeep
      ? {}
      : { errors: errors.map((one) => shownError(one, depth + 1)) }),
  };
}

/** Gives the message of an error where it may be shown. */
export function shownMessage(error: Error): string | undefined {
  const isOfTheSystem = 'syscall' in error && 'errno' in error;
  return OWN_TYPES.has(error.name) || isOfTheSystem ? error.message : undefined;
}

// The stack begins with the message, whose lines may look like anything.
function framesOf({ stack = '', message }: Error): string {
  const at = stack.indexOf(message);
  const rest = at < 0 ? stack : stack.slice(at + message.length);
  const frames = rest.split('\n').filter((line) => FRAME.test(line));
  return frames.slice(0, FRAMES_MAX).join('\n');
}
