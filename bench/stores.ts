import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Bench, type BenchRow, median, ROOT } from '#bench/harness';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { type Sha256, sha256Of } from '#domain/digest';
import { DEFAULT_SCOPE } from '#domain/scope';
import { systemClock } from '#flow/clock';
import type { StoreEntry } from '#stores/catalog-document';
import { mergeCatalogs, type SourceCatalog } from '#stores/federated/merge-catalogs';
import { artifactPath } from '#stores/layout';
import { startNginx } from '#test/support/nginx';
import { StoreFolder } from '#test/support/store-folder';

const ROUNDS = 5;
const ARTIFACT_BYTES = 1_073_741_824;
const CHUNK_BYTES = 4_194_304;
const MEGABYTE = 1_000_000;
const TIME = '2026-01-01T00:00:00.000Z';

/** Writes a file of bytes that do not compress, and names it by its digest. */
function writeArtifact(folder: string): { readonly sha256: Sha256; readonly path: string } {
  const path = join(folder, 'artifact');
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  for (let at = 0, seed = sha256Of('bench'); at < ARTIFACT_BYTES; at += CHUNK_BYTES) {
    const chunk = Buffer.alloc(
      CHUNK_BYTES,
      createHash('shake256', { outputLength: 65_536 }).update(seed).digest(),
    );
    seed = sha256Of(seed);
    hash.update(chunk);
    writeSync(file, chunk);
  }
  closeSync(file);
  return { sha256: hash.digest('hex') as Sha256, path };
}

function shell(command: string): number {
  const began = systemClock.monotonicMs();
  execFileSync('/bin/sh', ['-c', command]);
  return systemClock.monotonicMs() - began;
}

function fetchOnce(kind: string, where: string, root: string): { ms: number; overIdle: number } {
  const program = join(ROOT, 'dist/bench/fetch-child.js');
  const out = execFileSync(process.execPath, [program, kind, where, root], { encoding: 'utf8' });
  rmSync(root, { recursive: true });
  return JSON.parse(out) as { ms: number; overIdle: number };
}

function fetchRows(name: string, runs: Record<'ms' | 'overIdle' | 'bare', number[]>): BenchRow[] {
  const ratio = median(runs.bare) / median(runs.ms);
  const megabytes = median(runs.overIdle) / MEGABYTE;
  const perSecond = (ms: number): string =>
    `${(ARTIFACT_BYTES / MEGABYTE / (ms / 1_000)).toFixed(0)} MB/s`;
  return [
    {
      what: `Fetch, check and keep an artifact of 1 GiB from ${name}`,
      measured: perSecond(median(runs.ms)),
      beside: `${perSecond(median(runs.bare))} by cat | sha256sum of the same file`,
      value: ratio,
      limit: { atLeast: 0.7 },
      detail: runs,
    },
    {
      what: `Memory for that above idle, MB`,
      measured: `${megabytes.toFixed(0)} MB`,
      beside: 'an idle process',
      value: megabytes,
      limit: { atMost: 100 },
      detail: {},
    },
  ];
}

async function fetching(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  try {
    const { sha256, path } = writeArtifact(folder);
    const store = new StoreFolder(join(folder, 'store'));
    store.addEntry('big', { sha256, bytes: ARTIFACT_BYTES });
    const placed = join(store.path, artifactPath(sha256));
    mkdirSync(dirname(placed), { recursive: true });
    renameSync(path, placed);
    await using nginx = await startNginx(store.path);
    const rows: BenchRow[] = [];
    for (const [name, kind, where] of [
      ['a folder', 'local', store.path],
      ['nginx on loopback', 'http', nginx.url],
    ] as const) {
      const runs = { ms: [] as number[], overIdle: [] as number[], bare: [] as number[] };
      for (let round = 0; round < ROUNDS; round += 1) {
        runs.bare.push(shell(`cat '${placed}' | sha256sum`));
        const { ms, overIdle } = fetchOnce(kind, where, join(folder, 'cache'));
        runs.ms.push(ms);
        runs.overIdle.push(overIdle);
      }
      rows.push(...fetchRows(name, runs));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function catalogOf(source: number, count: number): SourceCatalog {
  const datasets = Array.from({ length: count }, (_, i): StoreEntry => {
    // Half of the names are in every source.
    const name = parseDatasetName(i % 2 === 0 ? `shared/${i}` : `own-${source}/${i}`);
    const sha256 = sha256Of(name);
    return {
      name,
      dataset_id: datasetIdOf(DEFAULT_SCOPE, name),
      schema_fingerprint: 'sha256:one',
      row_count: i,
      artifact: { key: 'data.sqlite', sha256, bytes: 1_000 },
      manifest: { sha256, bytes: 500 },
      published_at: TIME,
    };
  });
  datasets.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { source: `s${source}`, catalog: { model_version: 'v1', datasets } };
}

function merging(): BenchRow[] {
  const perDataset: number[] = [];
  let largest = 0;
  // Compiled before anything is timed: else the first size pays for all.
  for (let i = 0; i < 50; i += 1) mergeCatalogs([catalogOf(0, 1_000), catalogOf(1, 1_000)]);
  for (const total of [1_000, 10_000, 80_000]) {
    const sources = Array.from({ length: 8 }, (_, i) => catalogOf(i, total / 8));
    const times = Array.from({ length: 9 }, () => {
      const began = systemClock.monotonicMs();
      mergeCatalogs(sources);
      return systemClock.monotonicMs() - began;
    });
    largest = median(times);
    perDataset.push((largest / total) * 1_000_000);
  }
  const [small = 0, , big = 0] = perDataset;
  const shown = perDataset.map((ns) => ns.toFixed(0)).join(', ');
  return [
    {
      what: 'Merge 8 sources of 10,000 datasets each, ms',
      measured: `${largest.toFixed(1)} ms`,
      beside: 'a limit of 500 ms',
      value: largest,
      limit: { atMost: 500 },
      detail: { perDataset },
    },
    {
      what: 'Time for one dataset among 80,000 over one among 1,000: 1 is linear',
      measured: `${shown} ns at 1,000, 10,000 and 80,000`,
      beside: 'the smallest',
      value: big / small,
      limit: { atMost: 2 },
      detail: {},
    },
  ];
}

/** Fetching a large artifact beside the simplest tool that reads and hashes it, and merging catalogs. */
export const storesBench: Bench = {
  name: 'stores',
  run: async () => [...(await fetching()), ...merging()],
};
