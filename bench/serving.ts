import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import {
  type Bench,
  type BenchRow,
  load,
  median,
  startProgram,
  startRegistryProgram,
} from '#bench/harness';
import { buildGeneArtifact, GENE_TABLE } from '#cli/examples/gene-artifact';
import { systemClock } from '#flow/clock';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 32;
const GENES = 200_000;
const COLD_REQUESTS = 5_000;
const WARM_DATASETS = 8;
const WARM_BYTES = 100_000_000;
const READY_MS_MAX = 1_000;

const idOf = (index: number): string => `GENE${String(index).padStart(11, '0')}`;

function geneFile(folder: string): string {
  const path = join(folder, 'genes.sqlite');
  const genes = Array.from({ length: GENES }, (_, i) => ({
    geneId: idOf(i),
    name: `NAME${i}`,
    seqid: String(1 + (i % 20)),
    start: 1 + i * 500,
    end: 400 + i * 500,
  }));
  buildGeneArtifact({ dataset: '1/bench/one', source: 'bench', genes }, path);
  return path;
}

/** A file of so many bytes with a table that can be asked for. */
function largeFile(folder: string, name: string): string {
  const path = join(folder, name);
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  db.exec('CREATE TABLE things (id TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID');
  const insert = db.prepare('INSERT INTO things VALUES (?, randomblob(1000000))');
  db.transaction(() => {
    for (let at = 0; at < WARM_BYTES; at += 1_000_000) insert.run(`${name} ${at}`);
  })();
  db.close();
  return path;
}

async function publish(url: string, name: string, path: string, table: object): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const sha256 = hash.digest('hex');
  const artifact = { key: 'data.sqlite', sha256, bytes: statSync(path).size };
  const send = async (route: string, init: RequestInit): Promise<void> => {
    const answer = await fetch(`${url}${route}`, init);
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  };
  const stream = { body: createReadStream(path), duplex: 'half' } as unknown as RequestInit;
  await send(`/registry/artifacts/${sha256}`, { method: 'PUT', ...stream });
  const json = (body: object): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const objects = [artifact];
  const registration = { name, schema_fingerprint: 'bench', objects, tables: [table] };
  await send('/registry/datasets', json(registration));
  await send(`/registry/datasets/${name}/publish`, json({ artifact }));
}

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
      const path = largeFile(folder, `large-${i}.sqlite`);
      await publish(registry.url, name, path, { name: 'things', key: ['id'] });
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
      await publish(registry.url, '1/bench/one', geneFile(folder), GENE_TABLE);
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
