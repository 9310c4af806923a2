import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Bench, type BenchRow, median, percentile } from '#bench/harness';
import type { CachedFile } from '#cache/cached-file';
import { type GeneInclude, planGenes } from '#cache/query/genes';
import { OpenFiles } from '#cache/query/open-files';
import type { Query } from '#cache/query/query';
import { QueryPool } from '#cache/query/query-pool';
import { runQuery } from '#cache/query/run-query';
import { buildGeneArtifact } from '#cli/examples/gene-artifact';
import { sha256Of } from '#domain/digest';
import { systemClock } from '#flow/clock';

const ROUNDS = 7;
const GENES = 1_000_000;
const CHROMOSOMES = 24;
const BASES = 240_000_000;
const LOOKUPS = 50_000;
const WARMING = 500;
const DATASETS_MAX = 100;
const REGIONS = 2_000;
const IN_FLIGHT = 32;
const SPAN = 4_000_000;
const TIMEOUT_MS = 10_000;
const ALL: ReadonlySet<GeneInclude> = new Set(['coords', 'biotype', 'counts', 'length']);
const PAGE = 100;

const COLUMNS = [
  'gene_id',
  'name',
  'seqid',
  'start',
  'end',
  'biotype',
  'transcript_count',
  'sequence_length',
];
const JSON_OBJECT = `json_object(${COLUMNS.map((name) => `'${name}', g."${name}"`).join(', ')})`;
// The shortest statement by hand that gives the genes which overlap a region, in the same order.
const BARE_REGION = `SELECT json_group_array(${JSON_OBJECT}) FROM (
  SELECT g.* FROM gene_summary_rtree r CROSS JOIN gene_summary g ON g.rowid = r.gene_rowid
    WHERE r.start <= ? AND r.end >= ? AND +g.seqid = ? AND +g.start < ? AND +g.end >= ?
  UNION ALL SELECT g.* FROM gene_summary g WHERE g.seqid = ? AND g.start >= ? AND g.start <= ?
  ORDER BY 7, 2 LIMIT ${PAGE}) AS g`;

function geneId(index: number): string {
  return `G${String(index).padStart(7, '0')}`;
}

/** Only what a look-up reads: 100 files of that size stay in the system's cache. */
function writeSmallDataset(path: string): void {
  const db = new Database(path);
  db.pragma('journal_mode = OFF');
  db.exec(`CREATE TABLE gene_summary (id INTEGER PRIMARY KEY, gene_id TEXT NOT NULL, name TEXT, seqid TEXT,
    start INTEGER, end INTEGER, biotype TEXT, transcript_count INTEGER, sequence_length INTEGER)`);
  const insert = db.prepare('INSERT INTO gene_summary (gene_id, start, end) VALUES (?, ?, ?)');
  db.transaction(() => {
    for (let i = 0; i < GENES; i += 1) insert.run(geneId(i), i, i);
    db.exec('CREATE UNIQUE INDEX gene_by_id ON gene_summary (gene_id)');
  })();
  db.close();
}

/** The same numbers in every run, spread like random ones. */
function spread(index: number, below: number): number {
  return Math.floor(((index * 0.618_033_988_749_895) % 1) * below);
}

function writeDataset(path: string): void {
  const genes = Array.from({ length: GENES }, (_, i) => {
    const start = 1 + spread(i, BASES);
    const length = i % 1_000 === 0 ? 1_000_000 : spread(i * 7, 6_000);
    return {
      geneId: geneId(i),
      name: '',
      seqid: String(i % CHROMOSOMES),
      start,
      end: start + length,
    };
  });
  buildGeneArtifact({ dataset: '1/bench/one', source: 'bench', genes }, path);
}

function fileAt(path: string): CachedFile {
  return { sha256: sha256Of(path), path, bytes: 0 };
}

function lookup(id: string): Query {
  return planGenes({ filter: { geneId: id }, include: ALL, sort: 'gene_id', limit: 1 });
}

function regionAt(index: number): {
  readonly seqid: string;
  readonly start: number;
  readonly end: number;
} {
  const start = 1 + spread(index, BASES - SPAN);
  return { seqid: String(index % CHROMOSOMES), start, end: start + SPAN };
}

function millis(work: () => void): number {
  const began = systemClock.monotonicMs();
  work();
  return systemClock.monotonicMs() - began;
}

function lookups(file: CachedFile): BenchRow {
  const files = new OpenFiles({ filesMax: 1, cacheKib: 65_536 });
  const bare = new Database(file.path, { readonly: true });
  bare.pragma('locking_mode = EXCLUSIVE');
  bare.pragma('cache_size = -65536');
  const statement = bare
    .prepare(`SELECT ${JSON_OBJECT} FROM gene_summary g WHERE gene_id = ?`)
    .pluck();
  const ids = Array.from({ length: 5_000 }, (_, i) => geneId(spread(i, 20_000)));
  const runs = { bare: [] as number[], ours: [] as number[] };
  let different = 0;
  for (const id of ids) {
    const { rows } = runQuery(files.get(file), lookup(id));
    if (rows !== `[${statement.get(id) as string}]`) different += 1;
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    runs.bare.push(
      millis(() => {
        for (let i = 0; i < LOOKUPS; i += 1) statement.get(ids[i % ids.length]);
      }),
    );
    runs.ours.push(
      millis(() => {
        for (let i = 0; i < LOOKUPS; i += 1)
          runQuery(files.get(file), lookup(ids[i % ids.length] ?? ''));
      }),
    );
  }
  files.close();
  bare.close();
  const perSecond = (ms: number): string => `${Math.round(LOOKUPS / (ms / 1_000))} per second`;
  return {
    what: 'Look a gene up by its id in process',
    measured: perSecond(median(runs.ours)),
    beside: `${perSecond(median(runs.bare))} by a bare prepared statement with the same JSON`,
    value: median(runs.bare) / median(runs.ours),
    limit: { atLeast: 0.8 },
    detail: { ...runs, errors: different },
  };
}

async function regionsThroughPool(pool: QueryPool, file: CachedFile): Promise<string[]> {
  const found: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < REGIONS; index = next++) {
      const region = { ...regionAt(index), mode: 'overlap' as const };
      const query = planGenes({ filter: { region }, include: ALL, sort: 'region', limit: PAGE });
      const page = await pool.run({ file, query, timeoutMs: TIMEOUT_MS });
      found[index] = page.rows;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return found;
}

async function regions(file: CachedFile): Promise<BenchRow> {
  const pool = new QueryPool({
    clock: systemClock,
    waitingMax: 64,
    files: { filesMax: 1, cacheKib: 65_536 },
  });
  const bare = new Database(file.path, { readonly: true });
  bare.pragma('locking_mode = EXCLUSIVE');
  bare.pragma('cache_size = -65536');
  const statement = bare.prepare(BARE_REGION).pluck();
  const runs = { bare: [] as number[], ours: [] as number[] };
  let different = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const want: unknown[] = [];
    runs.bare.push(
      millis(() => {
        for (let i = 0; i < REGIONS; i += 1) {
          const { seqid, start, end } = regionAt(i);
          want.push(statement.get(start, start, seqid, start, start, seqid, start, end));
        }
      }),
    );
    const began = systemClock.monotonicMs();
    const found = await regionsThroughPool(pool, file);
    runs.ours.push(systemClock.monotonicMs() - began);
    different += found.filter((rows, index) => rows !== want[index]).length;
  }
  await pool.close();
  bare.close();
  const perSecond = (ms: number): string => `${Math.round(REGIONS / (ms / 1_000))} per second`;
  return {
    what: `A page of ${PAGE} genes of a region through the pool, ${IN_FLIGHT} in flight`,
    measured: perSecond(median(runs.ours)),
    beside: `${perSecond(median(runs.bare))} by a bare prepared statement in process`,
    value: median(runs.bare) / median(runs.ours),
    limit: { atLeast: 0.5 },
    detail: { ...runs, errors: different },
  };
}

/** Look-ups spread at random over files that are all open, each timed by itself, nanoseconds. */
class SpreadLookups {
  readonly #files: readonly CachedFile[];
  readonly #open: OpenFiles;
  readonly #times = new Float64Array(LOOKUPS);
  #asked = 0;

  constructor(files: readonly CachedFile[]) {
    this.#files = files;
    this.#open = new OpenFiles({ filesMax: files.length });
  }

  /** Opens every file and reads so much of it that the inner pages of its trees lie in the cache of its handle. */
  warm(): void {
    for (const file of this.#files) for (let i = 0; i < WARMING; i += 1) this.#lookup(file);
  }

  /** The time below which 99 of 100 look-ups stay, microseconds. */
  p99(): number {
    for (let i = 0; i < LOOKUPS; i += 1) {
      const file = this.#files[spread(this.#asked * 31, this.#files.length)] as CachedFile;
      const began = process.hrtime.bigint();
      this.#lookup(file);
      this.#times[i] = Number(process.hrtime.bigint() - began);
    }
    return percentile([...this.#times], 0.99) / 1_000;
  }

  close(): void {
    this.#open.close();
  }

  #lookup(file: CachedFile): void {
    this.#asked += 1;
    runQuery(this.#open.get(file), lookup(geneId(spread(this.#asked, GENES))));
  }
}

/** Copies, not links: each has pages of its own in the system's cache, where reading it once has put them. */
function copiesOf(first: CachedFile, folder: string): CachedFile[] {
  const files = [first];
  while (files.length < DATASETS_MAX) {
    const path = join(folder, `${files.length}.sqlite`);
    copyFileSync(first.path, path);
    files.push(fileAt(path));
  }
  // Nothing of the copying is left to be measured.
  execFileSync('sync', ['-f', folder]);
  for (const { path } of files) execFileSync('cat', [path], { stdio: 'ignore' });
  return files;
}

function manyDatasets(folder: string): BenchRow {
  const first = fileAt(join(folder, 'small.sqlite'));
  writeSmallDataset(first.path);
  const files = copiesOf(first, folder);
  const settings = [1, 10, DATASETS_MAX].map((count) => new SpreadLookups(files.slice(0, count)));
  for (const setting of settings) setting.warm();
  const rounds = Array.from({ length: ROUNDS }, () => settings.map((setting) => setting.p99()));
  for (const setting of settings) setting.close();
  const p99 = settings.map((_, index) => median(rounds.map((round) => round[index] ?? Number.NaN)));
  const shown = p99.map((us) => us.toFixed(1)).join(', ');
  return {
    what: 'p99 of a look-up among 1, 10 and 100 datasets of 1,000,000 genes: the highest over the lowest',
    measured: `${shown} us at 1, 10 and 100 datasets`,
    beside: 'each other',
    value: Math.max(...p99) / Math.min(...p99),
    limit: { atMost: 1.5 },
    detail: { rounds },
  };
}

/** Reading genes of datasets with 1,000,000 rows, beside statements written by hand. */
export const queriesBench: Bench = {
  name: 'queries',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      const file = fileAt(join(folder, '0.sqlite'));
      writeDataset(file.path);
      return [lookups(file), await regions(file), manyDatasets(folder)];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
