import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillHost } from '#cli/drill/drill';
import { newSetup, type Setup } from '#compose/setup';

/** The option of drills that write beside what they look at. */
export const SCRATCH_OPTION = {
  flags: '--scratch <folder>',
  description: 'where a temporary folder is made (default: that of the system)',
} as const;

/** Runs the work of a drill and releases what it has opened, however it ends. */
export async function withSetup<T>(
  { config, logger }: Pick<DrillHost, 'config' | 'logger'>,
  work: (setup: Setup) => Promise<T>,
): Promise<T> {
  const setup = newSetup(config, logger);
  try {
    return await work(setup);
  } finally {
    await setup.releases.releaseAll();
  }
}

/** Makes a folder that is gone when the drill has ended. */
export function scratchFolder({ releases }: Setup, under: string | undefined): string {
  const path = mkdtempSync(join(under ?? tmpdir(), 'atlas-drill-'));
  releases.add('scratch folder', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Gives an option that is a text. */
export function textFlag(flags: DrillHost['flags'], name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** The most memory that this process has had, in MB. */
export function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1_024;
}
