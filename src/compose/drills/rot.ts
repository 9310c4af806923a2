import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Drill, DrillHost } from '#cli/drill/drill';
import { genesOf, openScratchPair, type ScratchDataset, warm } from '#compose/scratch/scratch-pair';
import { until } from '#compose/scratch/scratch-process';

const SCRUB_MS = '1000';
const REPAIRED_MS = 60_000;
const DAMAGED_BYTES = 16_384;

/** Damages cached files under a running node. */
export const ROT: Drill = {
  name: 'rot',
  summary: 'Damage cached files: they must be found, replaced, and never served wrong.',
  about: `Starts two registries of its own in a temporary folder; the registry of the settings is not touched. The second
caches the examples of the first. Bytes of every cached file are flipped in place while it runs, and clients ask on.`,
  options: [],
  async run(host) {
    await using pair = await openScratchPair(host);
    const reader = await pair.startReader({ ATLAS_INTEGRITY_REVERIFY_MS: SCRUB_MS });
    const right = new Map<string, string>();
    for (const dataset of pair.datasets)
      right.set(dataset.name, await warm(reader, dataset, host.signal));
    const files = new Map(
      readdirSync(join(pair.data, 'cache'), { recursive: true, encoding: 'utf8' }).map(
        (name) => [basename(name), join(pair.data, 'cache', name)] as const,
      ),
    );
    const path = ({ sha256 }: ScratchDataset): string => files.get(sha256) ?? sha256;
    for (const dataset of pair.datasets) damage(path(dataset));
    let wrong = 0;
    const seen = new Map<number, number>();
    const ask = async (dataset: ScratchDataset): Promise<void> => {
      const { status, text } = await reader.get(genesOf(dataset));
      seen.set(status, (seen.get(status) ?? 0) + 1);
      if (status === 200 && text !== right.get(dataset.name)) wrong += 1;
    };
    await host.step('damage every cached file and wait until all are whole', async () => {
      const begun = performance.now();
      const limits = { timeoutMs: REPAIRED_MS, signal: host.signal };
      await until(
        'every file is whole again',
        async () => {
          for (const dataset of pair.datasets) await ask(dataset);
          return pair.datasets.every((dataset) => isWhole(path(dataset), dataset)) || undefined;
        },
        limits,
      );
      host.figure(
        'until every file was found and replaced',
        (performance.now() - begun) / 1_000,
        's',
      );
      return `${pair.datasets.length} files`;
    });
    for (const dataset of pair.datasets) await ask(dataset);
    const answers = [...seen].map(([status, count]) => `${count} × ${status}`).join(', ');
    host.check('no answer was wrong', wrong === 0, `${wrong} wrong among ${answers}`);
    await checkQuarantine(host, pair.datasets[0], reader);
  },
};

/** A digest that is whole again is not left in quarantine. */
async function checkQuarantine(
  host: DrillHost,
  dataset: ScratchDataset | undefined,
  reader: { get(path: string): Promise<{ readonly json: Readonly<Record<string, unknown>> }> },
): Promise<void> {
  const { json } = await reader.get('/debug/cache-stats');
  const held = json['quarantined'] as readonly { sha256: string }[];
  const isHeld = held.some(({ sha256 }) => sha256 === dataset?.sha256);
  const is = `${held.length} in quarantine, ${String(json['downloads'])} downloads`;
  host.check('what was repaired is in service', !isHeld, is);
}

function damage(path: string): void {
  const bytes = readFileSync(path);
  for (let at = 0; at < Math.min(DAMAGED_BYTES, bytes.length); at += 1)
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes, { flag: 'r+' });
}

function isWhole(path: string, { sha256 }: ScratchDataset): boolean {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex') === sha256;
  } catch {
    return false;
  }
}
