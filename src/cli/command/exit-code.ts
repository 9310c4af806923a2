import { ResponseError, UnexpectedAnswerError } from '#api-client/errors';
import { isUnanswered, messageOf } from '#cli/catalog-import/manifest-folder';
import type { CommandHost } from '#cli/command/command-host';
import { printable } from '#cli/command/printable';

/** What every command ends with, so that a pipeline can tell a refusal from a registry that is away. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  stopped: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Says what each exit code means, of whatever command, and what to do about it. */
export const EXIT_MEANINGS: Readonly<
  Record<ExitCode, { readonly means: string; readonly todo: string }>
> = {
  [EXIT.ok]: {
    means: 'done, and all is well; also when whoever reads the output has closed it',
    todo: '',
  },
  [EXIT.refused]: {
    means: 'no: refused, not done, or not as it should be',
    todo: 'read the sentence and its next step',
  },
  [EXIT.usage]: {
    means: 'used wrongly: an option, a setting, or a file that cannot be read',
    todo: '`--help`; mend it, and run it again',
  },
  [EXIT.unreachable]: {
    means:
      'nobody can tell: the registry, or a part that it needs, is away, too slow, or answers 5xx',
    todo: 'run it again later; a command with the same `--idempotency-key`',
  },
  [EXIT.stopped]: { means: 'stopped by Ctrl-C or another signal', todo: '' },
};
/** What the codes mean for one command, where it can be said more closely. */
export type ExitTexts = Readonly<Partial<Record<ExitCode, string>>>;

/** A failure that knows its exit code. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Tells which exit code an error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFault) return error.exitCode;
  if (error instanceof ResponseError) return exitCodeOfStatus(error.status);
  if (isAway(error)) return EXIT.unreachable;
  // What the file system says of a file that was named.
  return error instanceof Error && 'syscall' in error ? EXIT.usage : EXIT.refused;
}

/** Whether an error says that the registry is away: not reached, cut off, too late, 5xx, or something else in its place. */
export function isAway(error: unknown): boolean {
  if (error instanceof CommandFault) return error.exitCode === EXIT.unreachable;
  if (error instanceof ResponseError) return exitCodeOfStatus(error.status) === EXIT.unreachable;
  if (!(error instanceof Error)) return false;
  if (error instanceof UnexpectedAnswerError) return true;
  return isUnanswered(error) || error.name === 'TimeoutError';
}

/** Tells which exit code an error stands for in a command that works with the settings of this machine. */
export function exitCodeHere(error: unknown, otherwise: ExitCode): ExitCode {
  if (error instanceof CommandFault) return error.exitCode;
  if (!(error instanceof Error)) return otherwise;
  if ('code' in error && error.code === 'INVALID_SETTING') return EXIT.usage;
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (isAway(at) || AWAY_NAMES.has(at.name) || AWAY_CODES.has(codeOf(at)))
      return EXIT.unreachable;
  return otherwise;
}

// What the system says of another machine, and what the registry says of a part that does not answer.
const AWAY_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'LOG_UNAVAILABLE',
  'VIEW_UNAVAILABLE',
  'STORE_UNAVAILABLE',
]);
/** Errors of the client of NATS. */
const AWAY_NAMES: ReadonlySet<string> = new Set(['ConnectionError', 'NoRespondersError']);

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

/** Gives the gravest of several exit codes: a registry that is away before wrong use before a refusal. */
export function gravestOf(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce<ExitCode>((gravest, code) => (code > gravest ? code : gravest), EXIT.ok);
}

/** Writes one sentence for an error. */
export function describeError(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return 'the registry has not answered in time';
  return messageOf(error);
}

/** Runs the work of a command and ends the process with its exit code; a signal aborts the work. */
export async function runToExit(
  host: CommandHost,
  work: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<never> {
  const stop = new AbortController();
  host.whenUnread(() => host.exit(EXIT.ok));
  void host.untilSignalled().then((name) => stop.abort(new Error(`Stopped by ${name}`)));
  let code: ExitCode;
  try {
    code = await work(stop.signal);
  } catch (error) {
    const shown = stop.signal.aborted ? stop.signal.reason : error;
    host.err.write(`${printable(describeError(shown))}\n`);
    code = exitCodeOf(error);
  }
  return host.exit(stop.signal.aborted ? EXIT.stopped : code);
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status >= 500 || status === 429) return EXIT.unreachable;
  return status === 400 ? EXIT.usage : EXIT.refused;
}
