import { isUnanswered, messageOf } from '#cli/catalog-import/manifest-folder';
import type { CommandHost } from '#cli/contract/command-host';
import { printable } from '#cli/contract/report/printable';
import { ResponseError } from '#client/errors';

/** What a command ends with, so that a pipeline can tell a refusal from a registry that is away. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  stopped: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Stands under the help of every command. */
export const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT.ok}    done; also when whoever reads the output has closed it
  ${EXIT.refused}    refused: faults, an incompatible change, a conflict, a signature that does not fit
  ${EXIT.usage}    used wrongly, or a file cannot be read
  ${EXIT.unreachable}    the registry does not answer, or answers 5xx
  ${EXIT.stopped}  stopped by a signal`;

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

/** Whether an error says that the registry is away: not reached, cut off, too late, or 5xx. */
export function isAway(error: unknown): boolean {
  if (error instanceof CommandFault) return error.exitCode === EXIT.unreachable;
  if (error instanceof ResponseError) return exitCodeOfStatus(error.status) === EXIT.unreachable;
  if (!(error instanceof Error)) return false;
  return isUnanswered(error) || error.name === 'TimeoutError';
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
