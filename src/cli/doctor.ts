import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { EXIT, exitCodeHere } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { type CheckedSettings, checkSettings } from '#cli/command/settings';
import { type Finding, problem, problemOf, type Verdict } from '#cli/doctor/finding';
import { explain } from '#cli/manual/manual-command';
import type { Config } from '#ops/config/settings';
import { createLogger, type Logger } from '#ops/logger';

export interface DiagnoseOptions {
  /** The longest that one check may take. */
  readonly timeoutMs: number;
  /** Monitoring URLs of NATS servers, which say what a client cannot see. */
  readonly monitors: readonly string[];
}

/** Looks at everything that settings name; the composition root hands it in. Never throws. */
export type Diagnose = (
  config: Config,
  logger: Logger,
  options: DiagnoseOptions,
) => Promise<readonly Finding[]>;

/** Looks at what does not depend on settings. */
export type DiagnoseMachine = () => readonly Finding[];

interface Flags {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly timeout: number;
  readonly natsMonitor?: string;
}

const TIMEOUT_SECONDS = 10;
const TIMEOUT_SECONDS_MAX = 300;

const MANUAL = {
  about: `It reads the settings that "serve" reads, and changes nothing but for what a start tries too: a small file in the bucket of
artifacts, written and removed again, and an append that the log must refuse.`,
  examples: [
    'atlas-registry doctor --strict',
    'atlas-registry doctor --json --nats-monitor http://nats-1:8222',
  ],
  exits: {
    [EXIT.ok]: 'no problem; there may be warnings',
    [EXIT.refused]: 'at least one problem, a setting among them, or with --strict a warning',
    [EXIT.usage]: 'used wrongly: an option',
  },
  seeAlso: ['docs/install.md'],
};

/** Adds `doctor`: it looks at everything that a new installation gets wrong, and says what to do. */
export function addDoctor(
  program: Command,
  { diagnose, machine }: { readonly diagnose: Diagnose; readonly machine: DiagnoseMachine },
): void {
  const command = program
    .command('doctor')
    .description('Check this installation and what it uses, and say what to do about each problem.')
    .option('--json', 'print the findings as JSON')
    .option('--strict', 'exit with 1 for warnings too')
    .option(
      '--timeout <seconds>',
      'the longest that one check may take',
      parseSeconds,
      TIMEOUT_SECONDS,
    )
    .option(
      '--nats-monitor <urls>',
      'monitoring URLs of NATS servers, with commas: http://host:8222',
    );
  explain(command, MANUAL).action(async (flags: Flags) => {
    try {
      const settings = checkSettings();
      const found = [...machine(), ...settingsFindings(settings)];
      const rest = await afterSettings(settings, flags, diagnose);
      process.exit(report([...found, ...rest], flags));
    } catch (error) {
      process.stderr.write(`${pc.red(error instanceof Error ? error.message : String(error))}\n`);
      process.exit(exitCodeHere(error, EXIT.usage));
    }
  });
}

function settingsFindings({ problems, config }: CheckedSettings): readonly Finding[] {
  if (problems.length > 0)
    return problems.map((text) => problemOf('settings', new Error(wanted(text))));
  const is = `all that are set are known and fit; the role is ${config?.role}`;
  return [{ check: 'settings', verdict: 'ok', is }];
}

/** `Cannot use X="y": want z` has no brackets: what is wanted is all that it says. */
function wanted(text: string): string {
  return text.replace(/: (want [^()]*)$/, ': it does not fit ($1)');
}

async function afterSettings(
  { config }: CheckedSettings,
  { timeout, natsMonitor = '' }: Flags,
  diagnose: Diagnose,
): Promise<readonly Finding[]> {
  if (config === undefined) {
    const todo = 'mend the settings, and run this again';
    return [problem('everything else', 'it was not looked at', todo)];
  }
  const monitors = natsMonitor.split(',').filter((url) => url !== '');
  return await diagnose(config, createLogger('silent'), { timeoutMs: timeout * 1_000, monitors });
}

function report(findings: readonly Finding[], { json, strict }: Flags): number {
  const counted = (verdict: Verdict): number =>
    findings.filter((one) => one.verdict === verdict).length;
  const [problems, warnings] = [counted('problem'), counted('warning')];
  process.stdout.write(
    json === true
      ? jsonLine({ problems, warnings, findings })
      : `${table(findings)}\n${summary(problems, warnings)}\n`,
  );
  return problems > 0 || (strict === true && warnings > 0) ? EXIT.refused : EXIT.ok;
}

const MARKS: Readonly<Record<Verdict, string>> = {
  ok: pc.green('ok     '),
  warning: pc.yellow('warning'),
  problem: pc.red('problem'),
};

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const margin = ' '.repeat('problem'.length + width + 4);
  return findings
    .flatMap(({ check, verdict, is, todo }) => [
      `${MARKS[verdict]}  ${check.padEnd(width)}  ${printable(is)}`,
      ...(todo === undefined ? [] : [`${margin}${pc.bold('→')} ${printable(todo)}`]),
    ])
    .join('\n');
}

function summary(problems: number, warnings: number): string {
  if (problems === 0 && warnings === 0) return pc.green('Nothing to do.');
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const text = `${count(problems, 'problem')}, ${count(warnings, 'warning')}`;
  return problems > 0 ? pc.red(text) : pc.yellow(text);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= TIMEOUT_SECONDS_MAX) return seconds;
  throw new InvalidArgumentError(`Want a whole number from 1 to ${TIMEOUT_SECONDS_MAX}.`);
}
