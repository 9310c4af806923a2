import { DatasetCache } from '#cache/dataset-cache';
import type { ServedDataset } from '#cache/served-dataset';
import { systemClock } from '#flow/clock';
import { RetryBudget } from '#flow/retry-budget';
import { Semaphore } from '#flow/semaphore';
import { parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { LocalfsStore } from '#stores/localfs/localfs-store';

/** What the process that is killed is to do. */
export interface CacheTask {
  readonly root: string;
  readonly store: string;
  readonly datasets: readonly ServedDataset[];
  readonly bytesPerSecond: number;
}

/** Leases all datasets one after the other and tells each; on `verify` it checks the first. Ends when it is killed. */
async function main({ root, store, datasets, bytesPerSecond }: CacheTask): Promise<void> {
  const clock = systemClock;
  const script = { artifact: datasets.map(() => ({ bytesPerSecond })) };
  const budget = new RetryBudget({ capacity: 10, refillPerSecond: 1, clock });
  const cache = new DatasetCache({
    root,
    store: new FakeStore({
      source: 'far',
      content: new LocalfsStore({ source: 'far', root: store }),
      script: parseFakeScript(JSON.stringify(script)),
      clock,
    }),
    clock,
    downloads: new Semaphore({ permits: 3, waitingMax: 100, clock }),
    retries: { clock, attemptsMax: 2, baseMs: 1, capMs: 2, budgets: [budget] },
    budgetOf: () => budget,
    limits: {
      bytesMax: 1e9,
      highPct: 90,
      lowPct: 75,
      datasetsMax: 100,
      openShardsMax: 16,
      idleTtlMs: 1_800_000,
      sweepMs: 30_000,
    },
    pinned: new Set(),
    cachedOnly: false,
    continueAfterTimeout: false,
    quarantine: { failuresMax: 3, quarantineMs: 300_000 },
    breaker: { failuresMax: 3, openMs: 30_000 },
    scrub: { intervalMs: 300_000, bytesPerSecond: 1e9 },
    warmup: { names: [], limit: 0, jitterMaxMs: 0, seed: '', isFatal: false },
    find: async () => undefined,
    // A process that is killed while it closes handles never removes the file itself.
    onForget: async () => new Promise(() => undefined),
  });
  await cache.start();
  process.stdout.write('started\n');
  for (const dataset of datasets) {
    await cache.lease(dataset);
    process.stdout.write(`${dataset.name}\n`);
  }
  for await (const line of process.stdin) {
    const [first] = datasets;
    if (first === undefined || !String(line).startsWith('verify')) continue;
    void cache.verify(first.entry.artifact.sha256);
  }
}

await main(JSON.parse(process.argv[2] ?? '{}') as CacheTask);
