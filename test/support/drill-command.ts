import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { DrillReport } from '#cli/drill/drill-report';
import { type CommandRun, runCommand } from '#test/support/run-command';
import { tempFolder } from '#test/support/temp';

/** What a drill that was run as a command has left behind. */
export interface DrillCommandEnd {
  readonly code: number | NodeJS.Signals | null;
  readonly text: string;
  /** Of the file. */
  readonly report: DrillReport;
  /** The page to read. */
  readonly page: string;
}

/** Runs `drill <name>` as a user does, and expects that it leaves its report and nothing else. */
export async function drillCommand(
  name: string,
  {
    main,
    during = () => undefined,
  }: { readonly main?: string; readonly during?: (run: CommandRun) => unknown } = {},
): Promise<DrillCommandEnd> {
  using folder = tempFolder();
  const [reports, temporary] = [join(folder.path, 'reports'), join(folder.path, 'tmp')];
  mkdirSync(temporary);
  const env = { ATLAS_DATA_DIR: join(folder.path, 'data'), TMPDIR: temporary };
  const run = runCommand(['drill', name, '--report', reports], env, main);
  await during(run);
  const code = await run.exit;
  expect(readdirSync(temporary), run.text()).toEqual([]);
  expect(existsSync(reports), run.text()).toBe(true);
  const files = readdirSync(reports).toSorted();
  expect(files, run.text()).toEqual([
    expect.stringMatching(`^${name}-.*\\.html$`),
    expect.stringMatching(`^${name}-.*\\.json$`),
  ]);
  const [page = '', report = ''] = files.map((file) => readFileSync(join(reports, file), 'utf8'));
  return { code, text: run.text(), page, report: JSON.parse(report) as DrillReport };
}

/** Expects a drill that has succeeded in every step, in its report, on its page and by its exit code. */
export function expectSucceeded({ code, text, report, page }: DrillCommandEnd): void {
  expect([code, report.outcome], text).toEqual([0, 'succeeded']);
  expect(report.steps.filter(({ outcome }) => outcome !== 'succeeded')).toEqual([]);
  expect(text).toMatch(
    new RegExp(`Drill ${report.drill} succeeded in .* s\\. Report: .*\\.html\n$`),
  );
  expect(page).toContain(`<h1>Drill ${report.drill}: <span class="succeeded">succeeded</span>`);
  for (const { name } of report.figures) expect(page).toContain(name);
}

/** Expects a drill that has failed, and gives the names of the steps that did. */
export function failedSteps({ code, text, report, page }: DrillCommandEnd): readonly string[] {
  expect([code, report.outcome], text).toEqual([1, 'failed']);
  expect(text).toContain(`Drill ${report.drill} failed`);
  expect(page).toContain('<td class="failed">failed</td>');
  return report.steps.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
}

/** Gives a figure of a report. */
export function figureOf({ report }: DrillCommandEnd, name: string): number {
  return report.figures.find((figure) => figure.name === name)?.value ?? Number.NaN;
}
