import type { Drill, DrillHost } from '#cli/drill/drill';
import { CachedFiles, type Damage } from '#compose/scratch/cached-files';
import type { ScratchDataset } from '#compose/scratch/scratch-genes';
import { countOf, geneOf, openScratchPair, warm } from '#compose/scratch/scratch-pair';
import { until } from '#compose/scratch/scratch-process';
import type { ScratchRegistry } from '#compose/scratch/scratch-registry';
import type { Config } from '#ops/config/settings';

const CHECK_MS = 1_000;
const QUARANTINE_MS = 4_000;
const QUARANTINE_FAILURES = 3;
const FOUND_MS = 20_000;
/** A busy machine reads later than it is told to. */
const LATE_MS = 3_000;

/** Damages cached files under a running node. */
export const ROT: Drill = {
  name: 'rot',
  summary: 'Damage cached files: they must be found, repaired, and left alone if it goes on.',
  about: `Starts two registries of its own in a temporary folder; the registry of the settings is not touched. The second
caches three small datasets of the first, and checks its files every ${CHECK_MS / 1_000} s (ATLAS_INTEGRITY_REVERIFY_MS of the drill). Bytes are
changed in place while it runs and clients ask on: at the head of one file, inside a row of another, at the end of a
third. One is damaged again and again until it is in quarantine, and comes back when that has ended.`,
  options: [],
  async run(host) {
    await using pair = await openScratchPair(host, ['head', 'row', 'end']);
    const reader = await pair.startReader({
      ATLAS_INTEGRITY_REVERIFY_MS: String(CHECK_MS),
      ATLAS_QUARANTINE_CORRUPTION_FAILURES: String(QUARANTINE_FAILURES),
      ATLAS_QUARANTINE_RETRY_TTL_MS: String(QUARANTINE_MS),
      ATLAS_LOG_LEVEL: 'warn',
    });
    const right = new Map<string, string>();
    for (const dataset of pair.datasets)
      right.set(dataset.name, await warm(reader, dataset, host.signal));
    const files = new CachedFiles(pair.data);
    const [head, row, end] = pair.datasets;
    if (head === undefined || row === undefined || end === undefined) return;
    const bed = { host, reader, files, right };
    await repaired(bed, head, 'head');
    await repaired(bed, row, 'row');
    await repaired(bed, end, 'end');
    await quarantined(bed, head);
    host.figure('a changed row can be served at most, with your settings', exposureS(host), 's');
  },
};

interface Bed {
  readonly host: DrillHost;
  readonly reader: ScratchRegistry;
  readonly files: CachedFiles;
  /** The right answers, by the names of the datasets. */
  readonly right: ReadonlyMap<string, string>;
}

/** Damages one file, and asks for a row of it until it was found and is whole again. */
async function repaired(bed: Bed, dataset: ScratchDataset, place: Damage): Promise<void> {
  const { host, reader, files } = bed;
  // Nobody has asked for it: it is not in the memory of SQLite.
  const gene = dataset.genes[Math.trunc(dataset.genes.length / 2)];
  if (gene === undefined) return;
  const before = timesFound(reader, dataset);
  const seen = new Map<string, number>();
  let [foundMs, wrongMs, wrongLater] = [Number.NaN, 0, 0];
  const begun = performance.now();
  const ask = async (): Promise<void> => {
    const wasFound = timesFound(reader, dataset) > before;
    if (wasFound && Number.isNaN(foundMs)) foundMs = performance.now() - begun;
    const { status, json } = await reader.get(geneOf(dataset, gene.geneId));
    const [given] = (json['rows'] ?? []) as { name: string }[];
    const isRight = given?.name === gene.name;
    const outcome = status === 200 && !isRight ? 'changed row' : String(status);
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    if (outcome !== 'changed row') return;
    wrongMs = performance.now() - begun;
    if (wasFound) wrongLater += 1;
  };
  await host.step(`damage the ${place} of ${dataset.name}, found and repaired`, async () => {
    const where = files.damage(dataset, { place, text: gene.name });
    const limits = { timeoutMs: FOUND_MS, signal: host.signal };
    const isOver = async () => {
      await ask();
      return (timesFound(reader, dataset) > before && files.isWhole(dataset)) || undefined;
    };
    await until('it is found and whole again', isOver, limits);
    await ask();
    const answers = [...seen].map(([outcome, count]) => `${count} × ${outcome}`).join(', ');
    return `${where}; answers: ${answers}`;
  });
  host.figure(`${place}: until it was found`, foundMs / 1_000, 's');
  host.figure(`${place}: a changed row was served for`, wrongMs / 1_000, 's');
  host.check(
    `${place}: found within two rounds of the check`,
    foundMs <= CHECK_MS * 2 + LATE_MS,
    `${(foundMs / 1_000).toFixed(2)} s (want at most ${(CHECK_MS * 2 + LATE_MS) / 1_000})`,
  );
  const later = `${wrongLater} changed rows were served after it was found`;
  host.check(`${place}: nothing wrong once it was found`, wrongLater === 0, later);
  await checkAnswer(bed, dataset, `${place}: answers as before`);
}

/** Damages one file until it is left alone, and waits until that has ended. */
async function quarantined(bed: Bed, dataset: ScratchDataset): Promise<void> {
  const { host, reader, files } = bed;
  const limits = { timeoutMs: FOUND_MS, signal: host.signal };
  let begun = 0;
  await host.step(`damage ${dataset.name} until it is in quarantine`, async (show) => {
    for (let count = timesFound(reader, dataset); count < QUARANTINE_FAILURES; count += 1) {
      show(count, QUARANTINE_FAILURES);
      const whole = () => files.isWhole(dataset) || undefined;
      await until('it is whole', whole, limits);
      files.damage(dataset, { place: 'end', text: '' });
      const found = () => timesFound(reader, dataset) > count || undefined;
      await until('it is found', found, limits);
    }
    begun = performance.now();
    const { status, json } = await reader.get(countOf(dataset));
    const code = String(json['code']);
    const isRefused = status === 503 && code === 'DATASET_QUARANTINED';
    host.check('it is refused', isRefused, `${status} ${code}`);
    const listed = await isListed(reader, dataset);
    host.check('it is listed', listed, `in /debug/cache-stats: ${listed ? 'yes' : 'no'}`);
    const isGone = !files.isThere(dataset);
    host.check('it is not downloaded', isGone, isGone ? 'no file' : 'a file is there');
    return `found damaged ${timesFound(reader, dataset)} times`;
  });
  await host.step('wait until the quarantine has ended', async () => {
    const isBack = async () => (await reader.get(countOf(dataset))).status === 200 || undefined;
    await until('it answers again', isBack, limits);
    const seconds = (performance.now() - begun) / 1_000;
    host.figure('quarantine', seconds, 's');
    return `after ${seconds.toFixed(1)} s (ATLAS_QUARANTINE_RETRY_TTL_MS of the drill: ${QUARANTINE_MS})`;
  });
  await checkAnswer(bed, dataset, 'what was in quarantine answers as before');
  const listed = await isListed(reader, dataset);
  host.check('it is not listed any more', !listed, listed ? 'still listed' : 'not listed');
}

async function checkAnswer({ host, reader, right }: Bed, dataset: ScratchDataset, what: string) {
  const limits = { timeoutMs: FOUND_MS, signal: host.signal };
  const answer = await until(
    'the dataset answers',
    async () => {
      const found = await reader.get(countOf(dataset));
      return found.status === 200 ? found : undefined;
    },
    limits,
  );
  host.check(what, answer.text === right.get(dataset.name), answer.text);
}

/** How often the node says that it has found the file damaged. */
function timesFound({ log }: ScratchRegistry, { sha256 }: ScratchDataset): number {
  return log
    .split('\n')
    .filter((line) => line.includes('"kind":"damaged"') && line.includes(sha256)).length;
}

async function isListed(reader: ScratchRegistry, { sha256 }: ScratchDataset): Promise<boolean> {
  const { json } = await reader.get('/debug/cache-stats');
  const held = json['quarantined'] as readonly { sha256: string }[];
  return held.some((one) => one.sha256 === sha256);
}

/**
 * How long a change that SQLite cannot notice may be served. A file that came right after a round began is not due in the
 * next one, so there may be two pauses and two rounds of a full cache.
 */
function exposureS({ config }: { readonly config: Config }): number {
  const { scrubIntervalMs, scrubBytesPerSecond, cacheBytesMax } = config;
  return 2 * (scrubIntervalMs / 1_000 + cacheBytesMax / scrubBytesPerSecond);
}
