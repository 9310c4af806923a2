import type { Drill } from '#cli/drill/drill';
import type { DrillReport } from '#cli/drill/drill-report';
import { runDrill } from '#cli/drill/run-drill';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';

/** How a drill went, and everything that it said. */
export interface DrillRun {
  readonly outcome: DrillReport['outcome'] | 'not begun';
  readonly text: string;
  readonly figures: DrillReport['figures'];
}

export interface RunDrillOptions {
  /** Settings by their names in the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string | boolean>>;
  readonly signal?: AbortSignal;
}

/** Runs a drill as the command line does. */
export async function runDrillWith(
  drill: Drill,
  { env, flags = {}, signal = new AbortController().signal }: RunDrillOptions,
): Promise<DrillRun> {
  const config = readConfig({
    PATH: process.env['PATH'],
    BIND_ADDR: '127.0.0.1:0',
    ATLAS_LOG_LEVEL: 'error',
    ...env,
  });
  const from = { config, logger: createLogger('silent'), flags, signal };
  let text = '';
  const out = { write: (part: string) => (text += part) };
  try {
    const report = await runDrill({ drill, from, version: '1.2.3', out });
    return { outcome: report.outcome, text, figures: report.figures };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { outcome: 'not begun', text: text + said, figures: [] };
  }
}
