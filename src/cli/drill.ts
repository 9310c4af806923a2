import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { EXIT, type ExitCode, exitCodeHere } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { readSettings } from '#cli/command/settings';
import type { Drill } from '#cli/drill/drill';
import type { DrillReport } from '#cli/drill/drill-report';
import { reportPage } from '#cli/drill/report-page';
import { runDrill } from '#cli/drill/run-drill';
import { explain } from '#cli/manual/manual-command';
import { createLogger } from '#ops/logger';
import { untilSignalled } from '#ops/signals';

const ABOUT = `Finds the registry by the same settings as serve (ATLAS_DATA_DIR, NATS_URL, ATLAS_STORE, DATABASE_URL). Each report
is written twice, as JSON and as a page to read.`;

/** What exit codes mean for every drill. */
export const DRILL_EXITS = {
  [EXIT.ok]: 'the drill succeeded',
  [EXIT.refused]: 'it did not: the report says which step',
  [EXIT.usage]: 'it could not begin: an option, a setting, or something that it needs is not there',
  [EXIT.unreachable]: 'it could not begin: the registry, or a part that it needs, is away',
  [EXIT.stopped]: 'stopped by a signal; what it had started is gone',
} as const;
const ENDS = { succeeded: EXIT.ok, failed: EXIT.refused, stopped: EXIT.stopped } as const;

interface Flags extends Readonly<Record<string, string | boolean | undefined>> {
  readonly report?: string;
  readonly json?: boolean;
}

/** Those that do what they rehearse: whoever looks for it looks beside `serve`. */
const ALSO_COMMANDS: ReadonlySet<string> = new Set(['backup', 'restore']);

/** Adds `drill <name>` for each drill to the program, and `backup` and `restore` by themselves. */
export function addDrills(program: Command, drills: readonly Drill[], version: string): void {
  for (const drill of drills) if (ALSO_COMMANDS.has(drill.name)) addDrill(program, drill, version);
  const group = program
    .command('drill')
    .description('Rehearse failures and recoveries, with a report of what was seen.');
  for (const drill of drills) addDrill(group, drill, version);
}

function addDrill(parent: Command, drill: Drill, version: string): void {
  const command = parent.command(drill.name).description(drill.summary);
  for (const { flags, description, mandatory, ...rest } of drill.options)
    if (mandatory === true) command.requiredOption(flags, description, rest.default);
    else command.option(flags, description, rest.default);
  command
    .option('--report <folder>', 'where the report is written (default: <data folder>/drills)')
    .option('--json', 'print the report as JSON');
  const words = parent.parent === null ? 'atlas-registry' : 'atlas-registry drill';
  explain(command, {
    about: `${drill.about}\n\n${ABOUT}`,
    examples: [exampleOf(words, drill)],
    exits: DRILL_EXITS,
    seeAlso: ['docs/drills.md'],
  }).action(async (flags: Flags) => process.exit(await run(drill, flags, version)));
}

async function run(drill: Drill, flags: Flags, version: string): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const stop = new AbortController();
  void untilSignalled().then(() => stop.abort(new Error('stopped by a signal')));
  try {
    const config = readSettings();
    const from = { config, logger: createLogger('error'), flags, signal: stop.signal };
    // Machines read the report alone.
    const out = flags.json === true ? { write: () => undefined } : stderr;
    const report = await runDrill({ drill, from, version, out });
    const path = writeReport(flags.report ?? join(config.dataDir, 'drills'), report);
    stdout.write(flags.json === true ? jsonLine(report) : closing(report, path));
    return ENDS[report.outcome];
  } catch (error) {
    const text = printable(error instanceof Error ? error.message : String(error));
    stderr.write(`${pc.red(text)}\n`);
    return stop.signal.aborted ? EXIT.stopped : exitCodeHere(error, EXIT.usage);
  }
}

/** The shortest way to run a drill: with the options that it cannot begin without. */
function exampleOf(words: string, { name, options }: Drill): string {
  const needed = options.filter(({ mandatory }) => mandatory === true).map(({ flags }) => flags);
  return [words, name, ...needed, '--report ./reports'].join(' ');
}

/** Writes both reports and gives the path of the page. */
function writeReport(folder: string, report: DrillReport): string {
  mkdirSync(folder, { recursive: true });
  const stem = `${report.drill}-${report.startedAt.replaceAll(/[:.]/g, '-')}`;
  const page = join(folder, `${stem}.html`);
  writeFileSync(join(folder, `${stem}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(page, reportPage(report));
  return page;
}

function closing({ drill, outcome, seconds }: DrillReport, path: string): string {
  const color = outcome === 'succeeded' ? pc.green : pc.red;
  const verdict = color(`Drill ${drill} ${outcome === 'succeeded' ? 'succeeded' : outcome}`);
  return `${verdict} in ${seconds.toFixed(1)} s. Report: ${path}\n`;
}
