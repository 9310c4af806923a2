import { writeFile } from 'node:fs/promises';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, type ExitCode, gravestOf } from '#cli/command/exit-code';
import type { Judgement } from '#cli/contract/judgement';
import { githubReport } from '#cli/contract/report/github-report';
import { humanReport } from '#cli/contract/report/human-report';
import { jsonReport } from '#cli/contract/report/json-report';
import { junitReport } from '#cli/contract/report/junit-report';

/** The forms that a report has. */
export const OUTPUTS = ['human', 'json', 'junit', 'github'] as const;
export type Output = (typeof OUTPUTS)[number];

export interface ReportOptions {
  readonly verb: 'check' | 'publish';
  readonly outputs: ReadonlySet<Output>;
  /** A file for JUnit, beside what is printed. */
  readonly junitFile?: string | undefined;
}

/**
 * Checks which reports are wanted together.
 * @throws CommandFault for JSON and JUnit at once: each wants standard output for itself
 */
export function checkOutputs(outputs: ReadonlySet<Output>): void {
  if (outputs.has('json') && outputs.has('junit'))
    throw new CommandFault(
      EXIT.usage,
      'Cannot print json and junit: both want standard output for themselves (want one of them, or --junit <file>)',
    );
}

/**
 * Writes every report that is wanted and gives the exit code of all contracts. Where standard output is for machines, what
 * is for people goes to standard error.
 */
export async function writeReports(
  judgements: readonly Judgement[],
  { verb, outputs, junitFile }: ReportOptions,
  host: CommandHost,
): Promise<ExitCode> {
  const exitCode = gravestOf(judgements.map((one) => one.exitCode));
  const junit = (): string => junitReport(judgements, verb, host);
  const isForMachines = outputs.has('json') || outputs.has('junit');
  const people = isForMachines ? host.err : host.out;
  if (outputs.has('human')) {
    const text = humanReport(judgements, host);
    // A runner of GitHub obeys every line that begins so, whoever wrote it.
    people.write(outputs.has('github') ? text.replaceAll(/^(\s*)::/gm, '$1: :') : text);
  }
  if (outputs.has('github')) people.write(githubReport(judgements, host));
  if (outputs.has('json')) host.out.write(jsonReport(judgements, exitCode));
  if (outputs.has('junit')) host.out.write(junit());
  if (junitFile !== undefined) {
    await writeFile(junitFile, junit()).catch((error: unknown) => {
      const is = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const quoted = JSON.stringify(junitFile);
      throw new CommandFault(EXIT.usage, `Cannot write ${quoted}: ${is} (want a file to write)`);
    });
  }
  return exitCode;
}
