import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DrillReports, ShownDrill } from '#http/drill-reports';
import type { Config } from '#ops/config/settings';
import { codeOf } from '#stores/localfs/durable-files';

// As `drill` names its reports. Nothing else in the folder is looked at, and no id leads out of it.
const ID = /^([a-z][a-z0-9-]{0,39})-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)$/;
const ENDING = '.json';
// Some kilobytes are usual.
const REPORT_BYTES_MAX = 1_048_576;
// Centuries of them: somebody else has put something there.
const ENTRIES_MAX = 100_000;

const outcome = z.enum(['succeeded', 'failed', 'stopped']);
const reportSchema = z.object({
  drill: z.string(),
  registryVersion: z.string(),
  startedAt: z.iso.datetime(),
  seconds: z.number(),
  outcome,
  steps: z.array(z.object({ name: z.string(), outcome, detail: z.string(), seconds: z.number() })),
  figures: z.array(
    // JSON has no NaN: what was not measured is null.
    z.object({ name: z.string(), value: z.number().nullable(), unit: z.string() }),
  ),
});

/** Reads the reports that drills have left in the data folder of this node, where its operator enables that. */
export function openDrillReports({ adminEndpoints, dataDir }: Config): DrillReports | undefined {
  if (!adminEndpoints) return undefined;
  const folder = join(dataDir, 'drills');
  return {
    list: async ({ after, limit }) => {
      const ids = (await idsIn(folder)).toSorted(byTime);
      const behind = after === undefined ? ids : ids.filter((id) => byTime(after, id) < 0);
      const page = behind.slice(0, limit);
      const found = await Promise.all(page.map(async (id) => readReport(folder, id)));
      return {
        drills: found.filter((one) => one !== undefined),
        unreadable: page.filter((_, index) => found[index] === undefined),
        next: behind.length > limit ? page.at(-1) : undefined,
      };
    },
    find: async (id) => (ID.test(id) ? await readReport(folder, id) : undefined),
  };
}

async function idsIn(folder: string): Promise<string[]> {
  const ids: string[] = [];
  try {
    let entries = 0;
    for await (const { name } of await opendir(folder)) {
      entries += 1;
      if (entries > ENTRIES_MAX) break;
      const id = name.slice(0, -ENDING.length);
      if (name.endsWith(ENDING) && ID.test(id)) ids.push(id);
    }
  } catch (error) {
    // No drill has run yet.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  return ids;
}

function byTime(a: string, b: string): number {
  return keyOf(a) > keyOf(b) ? -1 : Number(keyOf(a) !== keyOf(b));
}

function keyOf(id: string): string {
  const [, drill = '', time = ''] = ID.exec(id) ?? [];
  return `${time} ${drill}`;
}

/** Reads one report; `undefined` for what is none: another file, a link, a pipe, one that is too large. */
async function readReport(folder: string, id: string): Promise<ShownDrill | undefined> {
  const text = await readText(join(folder, `${id}${ENDING}`));
  if (text === undefined) return undefined;
  try {
    const report = reportSchema.parse(JSON.parse(text));
    return report.drill === ID.exec(id)?.[1] ? toShown(id, report) : undefined;
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  // A link could lead anywhere, and opening a pipe would wait for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    await using handle = await open(path, flags);
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > REPORT_BYTES_MAX) return undefined;
    const bytes = Buffer.alloc(stat.size);
    const { bytesRead } = await handle.read(bytes, 0, stat.size, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'EACCES', 'ENXIO', 'EISDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function toShown(id: string, report: z.output<typeof reportSchema>): ShownDrill {
  const { registryVersion, startedAt, steps, figures, drill, seconds, outcome } = report;
  const summary = {
    id,
    drill,
    registry_version: registryVersion,
    started_at: startedAt,
    seconds,
    outcome,
    figures,
    step_count: steps.length,
    failed_step_count: steps.filter((step) => step.outcome !== 'succeeded').length,
  };
  return { summary, steps };
}
