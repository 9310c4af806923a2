import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { printable } from '#cli/contract/report/printable';
import type { Drill } from '#cli/drill/drill';
import type { DrillReport } from '#cli/drill/drill-report';
import { reportPage } from '#cli/drill/report-page';
import { runDrill } from '#cli/drill/run-drill';
import { readSettings } from '#cli/settings';
import { createLogger } from '#ops/logger';
import { untilSignalled } from '#ops/signals';

const EXIT = { succeeded: 0, failed: 1, notBegun: 2, stopped: 130 } as const;

const HELP = `
Finds the registry by the same settings as serve (ATLAS_DATA_DIR, NATS_URL, ATLAS_STORE, DATABASE_URL). Each report
is written twice, as JSON and as a page to read.

Exit codes:
  ${EXIT.succeeded}    the drill succeeded
  ${EXIT.failed}    it did not: the report says which step
  ${EXIT.notBegun}    it could not begin
  ${EXIT.stopped}  stopped by a signal; what it had started is gone`;

interface Flags extends Readonly<Record<string, string | boolean | undefined>> {
  readonly report?: string;
  readonly json?: boolean;
}

/** Adds `drill <name>` for each drill to the program. */
export function addDrills(program: Command, drills: readonly Drill[], version: string): void {
  const group = program
    .command('drill')
    .description('Rehearse failures and recoveries, with a report of what was seen.');
  for (const drill of drills) {
    const command = group.command(drill.name).description(drill.summary);
    for (const { flags, description, mandatory, ...rest } of drill.options)
      if (mandatory === true) command.requiredOption(flags, description, rest.default);
      else command.option(flags, description, rest.default);
    command
      .option('--report <folder>', 'where the report is written (default: <data folder>/drills)')
      .option('--json', 'print the report as JSON')
      .addHelpText('after', `\n${drill.about}\n${HELP}`)
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.notBegun))
      .action(async (flags: Flags) => process.exit(await run(drill, flags, version)));
  }
}

async function run(drill: Drill, flags: Flags, version: string): Promise<number> {
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
    stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : closing(report, path));
    return EXIT[report.outcome];
  } catch (error) {
    const text = printable(error instanceof Error ? error.message : String(error));
    stderr.write(`${pc.red(text)}\n`);
    return stop.signal.aborted ? EXIT.stopped : EXIT.notBegun;
  }
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
