import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Bench,
  type BenchRow,
  load,
  median,
  startProgram,
  startRegistryProgram,
} from '#bench/harness';
import { geneFile, idOf, largeFile, publish } from '#bench/serving-data';
import { GENE_TABLE } from '#cli/examples/gene-artifact';
import { systemClock } from '#flow/clock';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 32;
const GENES = 200_000;
const COLD_REQUESTS = 5_000;
const WARM_DATASETS = 8;
const WARM_BYTES = 100_000_000;
const READY_MS_MAX = 1_000;

async function lookups(url: string): Promise<BenchRow[]> {
  const path = (index: number): string => `/v1/genes?dataset=1/bench/one&gene_id=${idOf(index)}`;
  const first = await fetch(`${url}${path(1)}`);
  const bytes = (await first.arrayBuffer()).byteLength;
  if (first.status !== 200) throw new Error(`${path(1)} answered ${first.status}`);
  await using constant = await startProgram('bench/constant-server.js', [String(bytes)]);
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  const runs = { bare: [] as number[], random: [] as number[], unchanged: [] as number[] };
  let errors = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const options = { connections: CONNECTIONS, seconds: SECONDS };
    const next = () => ({ method: 'GET' as const, path: path(Math.floor(Math.random() * GENES)) });
    // The same client work for both: it takes as much as the server's.
    runs.bare.push((await load({ ...options, url: constant.url, next })).perSecond);
    const random = await load({ ...options, url, next });
    runs.random.push(random.perSecond);
    const unchanged = await load({ ...options, url: `${url}${path(1)}`, headers });
    runs.unchanged.push(unchanged.perSecond);
    errors += random.errors + unchanged.errors;
  }
  const bare = median(runs.bare);
  const beside = `${bare.toFixed(0)}/s by Koa answering a constant of the same size`;
  const row = (what: string, values: readonly number[], atLeast: number): BenchRow => ({
    what,
    measured: `${median(values).toFixed(0)}/s`,
    beside,
    value: median(values) / bare,
    limit: { atLeast },
    detail: { values, bare: runs.bare, errors },
  });
  return [
    row(`GET one gene by id, random of ${GENES}, ${CONNECTIONS} connections`, runs.random, 0.7),
    row('The same, conditional: 304', runs.unchanged, 0.95),
  ];
}

/** Many ask for one dataset that is not here yet. */
async function cold(registry: string, data: string): Promise<BenchRow> {
  await using reader = await startRegistryProgram({
    ATLAS_DATA_DIR: data,
    ATLAS_REGISTRY_SOURCES: `hub=http:${registry}/store`,
    ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
    ATLAS_REGISTRY_TTL_MS: '200',
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ATLAS_REQUEST_TIMEOUT_MS: '60000',
  });
  const known = `${reader.url}/v1/datasets/1/bench/one`;
  while ((await fetch(known)).status !== 200) await systemClock.sleep(50);
  const url = `${reader.url}/v1/genes?dataset=1/bench/one&gene_id=${idOf(7)}`;
  const answers = await Promise.all(
    Array.from({ length: COLD_REQUESTS }, async () => {
      const answer = await fetch(url);
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  const errors = answers.filter((status) => status !== 200).length;
  const stats = await (await fetch(`${reader.url}/debug/cache-stats`)).json();
  const { downloads } = stats as { downloads: number };
  return {
    what: `${COLD_REQUESTS} identical requests for a cold dataset: downloads`,
    measured: `${downloads} download, ${errors} errors`,
    beside: 'exactly one',
    value: downloads,
    limit: { atMost: 1 },
    detail: { errors },
  };
}

async function warmStart(folder: string): Promise<BenchRow> {
  const data = join(folder, 'warm');
  const names = Array.from({ length: WARM_DATASETS }, (_, i) => `warm/number-${i}`);
  const ask = async (url: string): Promise<void> => {
    for (const name of names) {
      const answer = await fetch(`${url}/v1/datasets/${name}/rows/things?key=none`);
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}`);
    }
  };
  {
    await using registry = await startRegistryProgram({ ATLAS_DATA_DIR: data });
    for (const [i, name] of names.entries()) {
      const path = largeFile(folder, { name: `large-${i}.sqlite`, bytes: WARM_BYTES });
      await publish(registry.url, { name, path, table: { name: 'things', key: ['id'] } });
      rmSync(path);
    }
    await ask(registry.url);
  }
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = systemClock.monotonicMs();
    await using registry = await startRegistryProgram({ ATLAS_DATA_DIR: data });
    await ask(registry.url);
    times.push(systemClock.monotonicMs() - began);
  }
  return {
    what: `Start with ${WARM_DATASETS} cached datasets of 100 MB until each has answered, ms`,
    measured: `${median(times).toFixed(0)} ms`,
    beside: 'a limit',
    value: median(times),
    limit: { atMost: READY_MS_MAX },
    detail: { times },
  };
}

/** Serving rows of datasets over HTTP. */
export const servingBench: Bench = {
  name: 'serving',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using registry = await startRegistryProgram({ ATLAS_DATA_DIR: join(folder, 'data') });
      const path = geneFile(folder, { dataset: '1/bench/one', count: GENES });
      await publish(registry.url, { name: '1/bench/one', path, table: GENE_TABLE });
      return [
        ...(await lookups(registry.url)),
        await cold(registry.url, join(folder, 'reader')),
        await warmStart(folder),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
