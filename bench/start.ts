import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Bench,
  type BenchRow,
  median,
  type Started,
  startRegistryProgram,
} from '#bench/harness';
import { geneFile, idOf, publish } from '#bench/serving-data';
import { GENE_TABLE } from '#cli/examples/gene-artifact';
import { systemClock } from '#flow/clock';

const ROUNDS = 5;
const DATASETS = 8;
const GENES = 100_000;
const POLL_MS = 5;
const NAMES = Array.from({ length: DATASETS }, (_, index) => `start/genes/number-${index}`);

// Far above what a quiet machine takes, far below what anybody would call broken.
const READY_MS_MAX = 3_000;
const COLD_MS_MAX = 10_000;
const WARM_MS_MAX = 3_000;
// The program itself and the pages that answers need; reading one of the files through would be over it.
const READ_SHARE_MAX = 0.2;

/** What one start of a reader came to. */
interface Start {
  readonly readyMs: number;
  /** Since the process began, until each dataset had answered once. */
  readonly answeredMs: readonly number[];
  readonly downloads: number;
  /** Bytes that the process has read from files and sockets, or from what the system keeps of them in memory. */
  readonly readBytes: number;
}

/** A registry with datasets, and a folder for readers of it. */
interface Hub extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly bytes: number;
}

async function openHub(): Promise<Hub> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  const registry = await startRegistryProgram({ ATLAS_DATA_DIR: join(folder, 'hub') });
  let bytes = 0;
  for (const name of NAMES) {
    const path = geneFile(folder, { dataset: name, count: GENES });
    await publish(registry.url, { name, path, table: GENE_TABLE });
    bytes += statSync(path).size;
    rmSync(path);
  }
  return {
    url: registry.url,
    folder,
    bytes,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a reader of a hub, asks it for one gene of each dataset, and ends it. */
async function startReader(hub: Hub, data: string): Promise<Start> {
  const began = systemClock.monotonicMs();
  const sinceMs = (): number => systemClock.monotonicMs() - began;
  await using reader = await startRegistryProgram({
    ATLAS_DATA_DIR: data,
    ATLAS_REGISTRY_SOURCES: `hub=http:${hub.url}/store`,
    ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ATLAS_REQUEST_TIMEOUT_MS: '60000',
    // The check in the background begins with the process and reads everything; it must not pass for the start itself.
    ATLAS_INTEGRITY_BYTES_PER_SECOND: '1024',
  });
  const readyMs = sinceMs();
  const answeredMs: number[] = [];
  for (const name of NAMES) {
    await firstAnswer(reader, name);
    answeredMs.push(sinceMs());
  }
  const readBytes = readSince(reader);
  const stats = await (await fetch(`${reader.url}/debug/cache-stats`)).json();
  const { downloads } = stats as { downloads: number };
  return { readyMs, answeredMs, downloads, readBytes };
}

/** Until it has the catalog of the hub, a reader does not know the dataset. */
async function firstAnswer({ url }: Started, name: string): Promise<void> {
  const path = `/v1/genes?dataset=${name}&gene_id=${idOf(GENES - 1)}`;
  while (true) {
    const answer = await fetch(`${url}${path}`);
    const text = await answer.text();
    if (answer.status === 200) return;
    if (answer.status !== 404) throw new Error(`${path} answered ${answer.status}: ${text}`);
    await systemClock.sleep(POLL_MS);
  }
}

function readSince({ pid }: Started): number {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8');
  return Number(/^rchar: (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

function timeRow(what: string, values: readonly number[], atMost: number): BenchRow {
  const value = median(values);
  const measured = `${value.toFixed(0)} ms`;
  return { what, measured, beside: 'a limit', value, limit: { atMost }, detail: { values } };
}

function timeRows(which: string, starts: readonly Start[], eachMsMax: number): BenchRow[] {
  const at = (pick: (answeredMs: readonly number[]) => number): readonly number[] =>
    starts.map(({ answeredMs }) => pick(answeredMs));
  return [
    timeRow(
      `Start with ${which} until ready, ms`,
      starts.map(({ readyMs }) => readyMs),
      READY_MS_MAX,
    ),
    timeRow(
      `The same until the first of ${DATASETS} datasets has answered, ms`,
      at((all) => Math.min(...all)),
      eachMsMax,
    ),
    timeRow(
      'The same until each of them has answered, ms',
      at((all) => Math.max(...all)),
      eachMsMax,
    ),
  ];
}

function downloadsRow(starts: readonly Start[], want: number): BenchRow {
  const all = starts.map(({ downloads }) => downloads);
  const most = Math.max(...all);
  return {
    what: 'The same: downloads',
    measured: `${most} downloads`,
    beside: `exactly ${want}`,
    value: most,
    limit: { atMost: want },
    detail: { all, errors: all.filter((downloads) => downloads !== want).length },
  };
}

/** A reader that starts with an empty cache. */
export const startColdBench: Bench = {
  name: 'start-cold',
  async run() {
    await using hub = await openHub();
    const starts: Start[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      starts.push(await startReader(hub, join(hub.folder, `cold-${round}`)));
    }
    return [...timeRows('an empty cache', starts, COLD_MS_MAX), downloadsRow(starts, DATASETS)];
  },
};

/** A reader that starts with a full cache: it neither downloads nor reads its files through. */
export const startWarmBench: Bench = {
  name: 'start-warm',
  async run() {
    await using hub = await openHub();
    const data = join(hub.folder, 'warm');
    const cold = await startReader(hub, data);
    const starts: Start[] = [];
    for (let round = 0; round < ROUNDS; round += 1) starts.push(await startReader(hub, data));
    const reads = starts.map(({ readBytes }) => readBytes);
    const value = median(reads) / hub.bytes;
    const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
    const readRow: BenchRow = {
      what: 'The same: bytes that the process read, beside those of the cached files',
      measured: megabytes(median(reads)),
      beside: `${megabytes(hub.bytes)} of files (a cold start reads ${megabytes(cold.readBytes)})`,
      value,
      limit: { atMost: READ_SHARE_MAX },
      detail: { reads, bytes: hub.bytes, coldReads: cold.readBytes },
    };
    return [...timeRows('a full cache', starts, WARM_MS_MAX), downloadsRow(starts, 0), readRow];
  },
};
