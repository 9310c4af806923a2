import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDatasets } from '#bench/fill';
import {
  type Bench,
  type BenchRow,
  load,
  percentile,
  residentBytes,
  startRegistryProgram,
} from '#bench/harness';
import { startBenchNats } from '#bench/nats';
import { systemClock } from '#flow/clock';
import { provisionStreams } from '#log/provision';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const SECONDS = 4;
const CONNECTIONS = 32;
const PAGES = 50;
const MEGABYTE = 1_000_000;

/** What one node with so many datasets takes, and how fast it answers. */
interface Capacity {
  readonly datasets: number;
  readonly logBytes: number;
  readonly viewBytes: number;
  readonly residentBytes: number;
  readonly buildMs: number;
  readonly restartMs: number;
  readonly readsPerSecond: number;
  readonly pageMs: number;
  readonly errors: number;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

async function measure(datasets: number): Promise<Capacity> {
  const data = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  try {
    await using nats = await startBenchNats({ syncAlways: false });
    await provisionStreams(nats.broker.jsm, { replicas: 1 });
    await fillDatasets(nats.broker.nc, { datasets, events: datasets });
    const logBytes = (await nats.broker.jsm.streams.info('REGISTRY')).state.bytes;
    const start = async () =>
      await startRegistryProgram({
        NATS_URL: nats.url,
        ATLAS_DATA_DIR: data,
        ATLAS_ROLE: 'reader',
        ATLAS_SNAPSHOTS: 'off',
        ATLAS_CLIENT_LIMITS: 'off',
      });
    const begun = systemClock.monotonicMs();
    let buildMs = 0;
    {
      await using _first = await start();
      buildMs = systemClock.monotonicMs() - begun;
    }
    const again = systemClock.monotonicMs();
    await using node = await start();
    const restartMs = systemClock.monotonicMs() - again;
    const next = (index: number): { method: 'GET'; path: string } => {
      const number = String((index * 7_919) % datasets).padStart(8, '0');
      return { method: 'GET', path: `/registry/datasets/bench/d${number}/x` };
    };
    const options = { url: node.url, connections: CONNECTIONS, seconds: SECONDS, next };
    const { perSecond, errors } = await load(options);
    return {
      datasets,
      logBytes,
      viewBytes: bytesIn(join(data, 'views')),
      residentBytes: residentBytes(node.pid),
      buildMs,
      restartMs,
      readsPerSecond: perSecond,
      pageMs: await pages(node.url),
      errors,
    };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** Reads pages one behind the other, as somebody who looks through all of them. */
async function pages(url: string): Promise<number> {
  const times: number[] = [];
  let path: string | undefined = '/registry/datasets?limit=100';
  while (times.length < PAGES && path !== undefined) {
    const begun = systemClock.monotonicMs();
    const answer: Response = await fetch(`${url}${path}`);
    await answer.arrayBuffer();
    times.push(systemClock.monotonicMs() - begun);
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  return percentile(times, 0.5);
}

function rowsOf(found: readonly Capacity[]): BenchRow[] {
  const [smallest] = found;
  return found.map((one) => {
    const mb = (bytes: number): string => (bytes / MEGABYTE).toFixed(0);
    const perDataset = (one.logBytes + one.viewBytes) / one.datasets;
    return {
      what: `${one.datasets} datasets on one read node: reads/s beside those with ${smallest?.datasets}`,
      measured: `${one.readsPerSecond.toFixed(0)} reads/s, page of 100 in ${one.pageMs.toFixed(1)} ms, ${mb(one.residentBytes)} MB resident, log ${mb(one.logBytes)} MB, views ${mb(one.viewBytes)} MB (${perDataset.toFixed(0)} bytes a dataset), built in ${(one.buildMs / 1_000).toFixed(1)} s, started again in ${(one.restartMs / 1_000).toFixed(1)} s`,
      beside: `${smallest?.readsPerSecond.toFixed(0)} reads/s`,
      value: one.readsPerSecond / (smallest?.readsPerSecond ?? 1),
      limit: { atLeast: 0.5 },
      detail: { ...one },
    };
  });
}

/** What one node holds, and how cost grows with the number of datasets. */
export const capacityBench: Bench = {
  name: 'capacity',
  async run() {
    const found: Capacity[] = [];
    for (const datasets of SIZES) found.push(await measure(datasets));
    return rowsOf(found);
  },
};
