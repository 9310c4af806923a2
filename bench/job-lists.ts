import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillJobRuns } from '#bench/fill';
import {
  type Bench,
  type BenchRow,
  median,
  percentile,
  startRegistryProgram,
} from '#bench/harness';
import { startBenchNats } from '#bench/nats';
import { provisionStreams } from '#log/provision';
import { startPostgres } from '#test/support/postgres';

const RUNS = 1_000_000;
const OPEN = 500;
const REQUESTS = 300;
const READY_MS = 900_000;

/** The newest hundred of a million runs over HTTP, from SQLite and from Postgres. */
export const jobListsBench: Bench = {
  name: 'job-lists',
  async run() {
    await using nats = await startBenchNats({ syncAlways: false });
    await using postgres = await startPostgres();
    await provisionStreams(nats.broker.jsm, { replicas: 1 });
    await fillJobRuns(nats.broker.nc, { runs: RUNS, open: OPEN });
    const backends = { SQLite: {}, Postgres: { DATABASE_URL: postgres.url } };
    const rows: BenchRow[] = [];
    for (const [name, env] of Object.entries(backends))
      rows.push(await measure(name, { NATS_URL: nats.url, ...env }));
    return rows;
  },
};

async function measure(backend: string, env: Readonly<Record<string, string>>): Promise<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  try {
    await using registry = await startRegistryProgram({ ...env, ATLAS_DATA_DIR: folder });
    await ready(registry.url);
    const filters = ['', '&status=succeeded', '&job=load-7'];
    const times: number[] = [];
    let errors = 0;
    for (let i = 0; i < REQUESTS; i += 1) {
      const path = `/registry/job-runs?limit=100${filters[i % filters.length]}`;
      const asked = performance.now();
      const response = await fetch(`${registry.url}${path}`);
      const { job_runs: runs } = (await response.json()) as { job_runs: unknown[] };
      times.push(performance.now() - asked);
      if (runs.length !== 100) errors += 1;
    }
    return {
      what: `newest 100 of ${RUNS} job runs over HTTP, ${backend}, p95`,
      measured: `${percentile(times, 0.95).toFixed(1)} ms (p50 ${median(times).toFixed(1)} ms)`,
      beside: 'one connection; a third each: all, by status, by job',
      value: percentile(times, 0.95),
      limit: { atMost: 10 },
      detail: { errors, p99: percentile(times, 0.99) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until the node has caught up with the whole log. */
async function ready(url: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    const { status } = (await response.json()) as { status: string };
    if (status === 'ready') return;
    if (performance.now() > deadline) throw new Error(`Not ready: ${status}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
  }
}
