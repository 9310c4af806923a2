import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { capacityBench } from '#bench/capacity';
import { commandsBench } from '#bench/commands';
import { consoleBench } from '#bench/console';
import { contractsBench } from '#bench/contracts';
import { datasetListsBench } from '#bench/dataset-lists';
import { type Bench, type BenchRow, ROOT } from '#bench/harness';
import { jobListsBench } from '#bench/job-lists';
import { jobRunsBench } from '#bench/job-runs';
import { lineageBench } from '#bench/lineage';
import { memoryBench } from '#bench/memory';
import { metricsBench } from '#bench/metrics';
import { noisyNeighboursBench } from '#bench/noisy-neighbours';
import { queriesBench } from '#bench/queries';
import { readBench } from '#bench/read';
import { rebuildBench } from '#bench/rebuild';
import { servingBench } from '#bench/serving';
import { startColdBench, startWarmBench } from '#bench/start';
import { startSnapshotBench } from '#bench/start-snapshot';
import { storesBench } from '#bench/stores';
import { tracesBench } from '#bench/traces';

const BENCHES: readonly Bench[] = [
  commandsBench,
  readBench,
  rebuildBench,
  jobRunsBench,
  memoryBench,
  storesBench,
  servingBench,
  queriesBench,
  startColdBench,
  startWarmBench,
  startSnapshotBench,
  contractsBench,
  lineageBench,
  jobListsBench,
  datasetListsBench,
  noisyNeighboursBench,
  metricsBench,
  capacityBench,
  tracesBench,
  consoleBench,
];

function holds({ value, limit, detail }: BenchRow): boolean {
  // A fast answer that is an error is no answer.
  if (typeof detail['errors'] === 'number' && detail['errors'] > 0) return false;
  return 'atLeast' in limit ? value >= limit.atLeast : value <= limit.atMost;
}

function lineOf(row: BenchRow): string {
  const limit =
    'atLeast' in row.limit ? `at least ${row.limit.atLeast}` : `at most ${row.limit.atMost}`;
  const mark = holds(row) ? 'ok  ' : 'MISS';
  return `${mark} ${row.value.toFixed(2).padStart(8)}  (${limit})  ${row.what}\n       ${row.measured}, beside ${row.beside}`;
}

/** Runs the benchmarks that are named, or all, prints the table and writes it as JSON. */
async function main(names: readonly string[]): Promise<void> {
  const wanted = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));
  if (wanted.length === 0) {
    process.stderr.write(
      `Cannot run ${names.join(', ')}: want one of ${BENCHES.map((b) => b.name).join(', ')}\n`,
    );
    process.exit(2);
  }
  const rows: BenchRow[] = [];
  for (const bench of wanted) {
    process.stdout.write(`${bench.name} ...\n`);
    const own = await bench.run();
    rows.push(...own);
    for (const row of own) process.stdout.write(`${lineOf(row)}\n`);
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
  };
  const folder = join(ROOT, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'latest.json');
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, undefined, 2)}\n`,
  );
  process.stdout.write(
    `\n${rows.filter(holds).length} of ${rows.length} within their limits; written to ${file}\n`,
  );
  process.exit(rows.every(holds) ? 0 : 1);
}

await main(process.argv.slice(2));
