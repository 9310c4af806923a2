import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedExamples, loadExamples } from '#cli/examples/load-examples';
import { RegistryClient, type SendOptions } from '#cli/remote/registry-client';
import type { Api } from '#test/support/api';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const EXAMPLES = join(import.meta.dirname, '../../examples');

const ROWS = {
  '102/caenorhabditis_elegans/WBcel235': 44_982,
  '102/drosophila_melanogaster/BDGP6.28': 17_477,
  '102/mus_musculus/GRCm38': 41_633,
  '110/homo_sapiens/GRCh38': 32_075,
} as const;
const NAMES = Object.keys(ROWS) as readonly (keyof typeof ROWS)[];

interface Dataset {
  readonly name: keyof typeof ROWS;
  readonly status: string;
  readonly row_count: number;
  readonly artifact: { readonly sha256: string; readonly bytes: number };
  readonly objects: readonly { readonly sha256: string }[];
}

interface Run {
  readonly status: string;
  readonly message?: string;
  readonly counts?: { readonly rows: number; readonly bytes: number };
  readonly metadata: { readonly dataset: keyof typeof ROWS };
}

let registry: TestRegistry;
let first: LoadedExamples;
const steps: number[] = [];
beforeAll(async () => {
  registry = await startTestRegistry();
  first = await load(registry.api.url);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

async function load(url: string, client = new RegistryClient(url)): Promise<LoadedExamples> {
  steps.length = 0;
  return await loadExamples(client, EXAMPLES, {
    begin: (total) => void steps.push(-total),
    advance: (count) => void steps.push(count),
  });
}

async function datasetsOf(api: Api): Promise<readonly Dataset[]> {
  return (await api.get('/registry/datasets?limit=100')).json.datasets;
}

async function versionsOf(api: Api): Promise<readonly { name: string; version: string }[]> {
  return (await api.get('/registry/contracts?limit=1000')).json.contracts;
}

async function runsOf(api: Api): Promise<readonly Run[]> {
  return (await api.get('/registry/job-runs?limit=100')).json.job_runs;
}

/** How far both logs are. */
async function positionsOf(api: Api): Promise<readonly number[]> {
  const reads = ['/registry/contracts?limit=1', '/registry/job-runs?limit=1'];
  return await Promise.all(reads.map(async (path) => (await api.get(path)).position));
}

/** Everything that a load leaves behind, without the times at which it did. */
async function endState(api: Api): Promise<unknown> {
  const timeless = (document: object) =>
    Object.entries(document).filter(([key]) => !/(_at|At)$/.test(key));
  return {
    datasets: (await datasetsOf(api)).map(timeless),
    contracts: (await versionsOf(api)).map(timeless),
  };
}

describe('the examples, loaded into an empty registry', () => {
  it('say what was loaded, and how far they were', () => {
    const rows = Object.values(ROWS).reduce((sum, count) => sum + count, 0);
    expect(rows).toBe(136_167);
    expect(first).toEqual({ datasets: 4, rows, contracts: 446, nothingToDo: false });
    expect(steps.reduce((sum, step) => sum + step, 0)).toBe(0);
  });

  it('are four published datasets of genes with their row counts', async () => {
    const datasets = await datasetsOf(registry.api);
    expect(datasets.map(({ name, row_count, status }) => [name, row_count, status])).toEqual(
      NAMES.map((name) => [name, ROWS[name], 'published']),
    );
    const { json } = await registry.api.get('/catalog');
    expect(json.datasets.map((entry: Dataset) => entry.name)).toEqual(NAMES);
  });

  it('are 67 contracts with 446 versions, each history without a gap', async () => {
    const versions = await versionsOf(registry.api);
    const names = new Set(versions.map(({ name }) => name));
    expect([names.size, versions.length]).toEqual([67, 446]);
    for (const name of names) {
      expect(name).toMatch(/^github\.[a-z0-9_]+$/);
      const history = versions.filter((one) => one.name === name).map(({ version }) => version);
      expect(history).toEqual(history.map((_, i) => `v${i + 1}`));
    }
    const { json } = await registry.api.get('/registry/contracts/github.push/v1');
    const schema = JSON.parse(json.jsonSchema);
    const root = decodeURIComponent(schema.$ref.slice('#/definitions/'.length));
    expect(schema.definitions[root].properties).toHaveProperty('commits');
  });

  it('are one run for each dataset, succeeded, with the counts of what it stored', async () => {
    const runs = await runsOf(registry.api);
    const datasets = await datasetsOf(registry.api);
    expect(runs.map(({ metadata }) => metadata.dataset).toSorted()).toEqual(NAMES);
    for (const { status, counts, metadata } of runs) {
      const dataset = datasets.find(({ name }) => name === metadata.dataset);
      expect([status, counts]).toEqual([
        'succeeded',
        { rows: ROWS[metadata.dataset], bytes: dataset?.artifact.bytes },
      ]);
    }
  });

  it('are artifacts that hash to their names and open as SQLite with the genes in them', async () => {
    const store = join(registry.folder, 'store');
    for (const { name, artifact, objects } of await datasetsOf(registry.api)) {
      const { sha256, bytes } = artifact;
      expect(objects.map((object) => object.sha256)).toEqual([sha256]);
      const path = join(store, 'artifacts', 'sha256', sha256.slice(0, 2), sha256);
      const content = readFileSync(path);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(content).toHaveLength(bytes);
      expectGenes(path, name);
    }
    expect(readdirSync(join(store, 'tmp'))).toEqual([]);
  });
});

/** Looks into an artifact as one who downloaded it would. */
function expectGenes(path: string, name: keyof typeof ROWS): void {
  const db = new Database(path, { readonly: true });
  const value = (sql: string): unknown => db.prepare(sql).pluck().get();
  expect(value('PRAGMA integrity_check')).toBe('ok');
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  for (const table of ['gene_summary', 'contigs', 'dataset_stats', 'atlas_meta', 'schema_version'])
    expect(tables).toContain(table);
  expect(value('SELECT count(*) FROM gene_summary')).toBe(ROWS[name]);
  expect(value('SELECT count(*) FROM gene_summary_rtree')).toBe(ROWS[name]);
  expect(value('SELECT sum(gene_count) FROM dataset_stats')).toBe(ROWS[name]);
  expect(value('SELECT count(*) FROM contigs')).toBe(
    value('SELECT count(DISTINCT seqid) FROM gene_summary'),
  );
  const odd = 'start < 1 OR end < start OR sequence_length <> end - start + 1';
  expect(value(`SELECT count(*) FROM gene_summary WHERE ${odd}`)).toBe(0);
  expect(value("SELECT v FROM atlas_meta WHERE k = 'dataset_id'")).toBe(name);
  if (name === '110/homo_sapiens/GRCh38') {
    const brca2 = db.prepare(
      "SELECT gene_id, seqid, start, end FROM gene_summary WHERE name = 'BRCA2'",
    );
    expect(brca2.raw().get()).toEqual(['ENSG00000139618', '13', 32_315_086, 32_400_268]);
  }
  db.close();
}

/** The genes of four datasets are built several times: some 50 s on 2 cores that others use too. */
const SLOW_MS = 180_000;

describe('the examples, loaded again', () => {
  it('load nothing: no event, no file, no job run', async () => {
    const { api, folder } = registry;
    const before = [await positionsOf(api), await endState(api), await runsOf(api)];
    const files = readdirSync(join(folder, 'store'), { recursive: true });
    expect(await load(api.url)).toEqual({ datasets: 0, rows: 0, contracts: 0, nothingToDo: true });
    expect([await positionsOf(api), await endState(api), await runsOf(api)]).toEqual(before);
    expect(readdirSync(join(folder, 'store'), { recursive: true })).toEqual(files);
    expect(await positionsOf(api)).toEqual([446 + 2 * 4, 2 * 4]);
  });

  it(
    'end in the same state after the registry was killed in the middle of it, twice',
    async () => {
      using folder = tempFolder();
      const started: RegistryProcess[] = [];
      const start = (): RegistryProcess => {
        // What a killed process leaves among the temporary files goes with the test.
        const process = startProcess(folder.path, { TMPDIR: folder.path }, ['--examples']);
        started.push(process);
        return process;
      };
      try {
        const store = join(folder.path, 'store', 'artifacts');
        const moments: ((registry: RegistryProcess) => boolean)[] = [
          () => existsSync(store) && readdirSync(store, { recursive: true }).length > 2,
          (registry) => /examples: +\d\d %/.test(registry.stdout()),
        ];
        for (const isMoment of moments) {
          const registry = start();
          await eventually('part of the examples', () => isMoment(registry));
          registry.child.kill('SIGKILL');
          expect(await registry.exit).toBe('SIGKILL');
          expect(registry.stdout()).not.toContain('Ready');
        }
        const api = await start().ready();
        expect(await endState(api)).toEqual(await endState(registry.api));
        const done = (await runsOf(api)).filter(({ status }) => status === 'succeeded');
        const loaded = done.map(({ metadata }) => metadata.dataset);
        expect(new Set(loaded).size).toBe(loaded.length);
      } finally {
        for (const process of started) await process[Symbol.asyncDispose]();
      }
    },
    SLOW_MS,
  );

  it(
    'end in the same state after the answer to any one request was lost, and tell that error',
    async () => {
      await using own = await startTestRegistry();
      let sent = 0;
      let losing = 2;
      class LossyClient extends RegistryClient {
        override async send<T>(path: string, options: SendOptions): Promise<T> {
          const answer = await super.send<T>(path, options);
          sent += 1;
          // The first dataset takes a request to start its run, upload, register, publish and end the run.
          if (sent === losing) throw new Error(`lost the answer of ${path}`);
          return answer;
        }
      }
      for (; losing <= 6; losing += 1) {
        sent = 0;
        const attempt = load(own.api.url, new LossyClient(own.api.url));
        await expect(attempt).rejects.toThrow(/^lost the answer of \/registry\//);
      }
      await load(own.api.url);
      expect(await endState(own.api)).toEqual(await endState(registry.api));
      for (const { status, message } of await runsOf(own.api)) {
        if (status === 'failed') expect(message).toMatch(/^lost the answer of/);
        else expect(status).toMatch(/succeeded|running/);
      }
    },
    SLOW_MS,
  );
});
