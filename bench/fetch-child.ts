import { readFileSync } from 'node:fs';
import { ArtifactFiles } from '#cache/artifact-files';
import { systemClock } from '#flow/clock';
import { RetryBudget } from '#flow/retry-budget';
import { Semaphore } from '#flow/semaphore';
import { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { HttpTransport } from '#stores/http-s3/http-transport';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Store } from '#stores/store';

/* Downloads the one artifact of a store and prints what it took as JSON. Arguments: local|http, where, target folder. */

function memory(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1_024;
}

function open(kind: string, where: string): Store {
  if (kind === 'local') return new LocalfsStore({ source: 'bench', root: where });
  const transport = new HttpTransport({
    source: 'bench',
    baseUrl: where,
    allowPrivateHosts: true,
    connectionsMax: 4,
    limits: {
      connectMs: 3_000,
      firstByteMs: 10_000,
      idleMs: 10_000,
      totalMs: 60_000,
      artifactTotalMs: 600_000,
    },
    clock: systemClock,
  });
  return new HttpS3Store({ source: 'bench', transport });
}

const [kind = '', where = '', root = ''] = process.argv.slice(2);
const clock = systemClock;
const store = open(kind, where);
const budget = new RetryBudget({ capacity: 1, refillPerSecond: 1, clock });
const files = new ArtifactFiles({
  root,
  store,
  downloads: new Semaphore({ permits: 1, waitingMax: 1, clock }),
  retries: { clock, attemptsMax: 1, baseMs: 1, capMs: 1, budgets: [budget] },
  budgetOf: () => budget,
});
const fetched = await store.fetchCatalog();
if (fetched.kind !== 'catalog') throw new Error('There is no catalog');
const [entry] = fetched.catalog.datasets;
if (entry === undefined) throw new Error('There is no dataset');
const idle = memory('VmRSS');
const began = clock.monotonicMs();
await files.get(entry, entry.artifact);
const ms = clock.monotonicMs() - began;
await store.close();
process.stdout.write(`${JSON.stringify({ ms, overIdle: memory('VmHWM') - idle })}\n`);
