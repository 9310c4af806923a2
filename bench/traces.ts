import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type Measured, ratio } from '#bench/alternate';
import {
  type Bench,
  type BenchRow,
  type LoadOptions,
  median,
  type Started,
  startProgram,
  startRegistryProgram,
} from '#bench/harness';
import { geneFile, idOf, publish } from '#bench/serving-data';
import { GENE_TABLE } from '#cli/examples/gene-artifact';
import { newId } from '#flow/new-id';

const ROUNDS = 9;
const SECONDS = 2;
const READERS = 32;
const WRITERS = 64;
const GENES = 20_000;
const DATASET = '1/bench/one';
/**
 * Of what it is without traces. What is promised is the throughput; time on processors is there to see what throughput hides where
 * other things run on the machine.
 */
const LIMITS = {
  one: { throughput: 0.95, processor: 1.2 },
  all: { throughput: 0.3, processor: 3 },
} as const;
const SHARES = { one: '1 %', all: '100 %' } as const;

/** Without traces, with one request in a hundred, with all. */
const RATIOS = { off: undefined, one: '0.01', all: '1' } as const;
type Mode = keyof typeof RATIOS;

async function startMode(mode: Mode, folder: string, collector: string): Promise<Started> {
  const ratio = RATIOS[mode];
  const registry = await startRegistryProgram({
    ATLAS_DATA_DIR: join(folder, mode),
    ...(ratio === undefined
      ? {}
      : {
          ATLAS_TRACES_ENDPOINT: collector,
          ATLAS_TRACES_RATIO: ratio,
          ATLAS_TRACES_PER_SECOND_MAX: '100000',
        }),
  });
  const path = geneFile(folder, { dataset: DATASET, count: GENES });
  await publish(registry.url, { name: DATASET, path, table: GENE_TABLE });
  return registry;
}

const LOADS: Readonly<Record<'reads' | 'writes', Pick<LoadOptions, 'connections' | 'next'>>> = {
  reads: {
    connections: READERS,
    next: () => ({
      method: 'GET',
      path: `/v1/genes?dataset=${DATASET}&gene_id=${idOf(Math.floor(Math.random() * GENES))}`,
    }),
  },
  writes: {
    connections: WRITERS,
    next: () => ({
      method: 'POST',
      path: '/registry/datasets',
      body: JSON.stringify({ name: `bench/${newId()}`, schema_fingerprint: 'fp' }),
    }),
  },
};

async function measure(
  what: keyof typeof LOADS,
  started: Readonly<Record<Mode, Started>>,
): Promise<BenchRow[]> {
  const all = await alternate(started, { rounds: ROUNDS, seconds: SECONDS, load: LOADS[what] });
  return [...rowsOf(what, 'one', all), ...rowsOf(what, 'all', all)];
}

function rowsOf(
  what: string,
  mode: 'one' | 'all',
  all: Readonly<Record<Mode, Measured>>,
): BenchRow[] {
  const [ours, { off }] = [all[mode], all];
  const errors = ours.errors + off.errors;
  return [
    {
      what: `${what} with traces of ${SHARES[mode]}: throughput`,
      measured: `${median(ours.perSecond).toFixed(0)}/s`,
      beside: `${median(off.perSecond).toFixed(0)}/s without`,
      value: ratio('perSecond', ours, off),
      limit: { atLeast: LIMITS[mode].throughput },
      detail: { values: ours.perSecond, off: off.perSecond, errors },
    },
    {
      what: `${what} with traces of ${SHARES[mode]}: time on processors`,
      measured: `${median(ours.processorUs).toFixed(0)} us a request`,
      beside: `${median(off.processorUs).toFixed(0)} us without`,
      value: ratio('processorUs', ours, off),
      limit: { atMost: LIMITS[mode].processor },
      detail: { values: ours.processorUs, off: off.processorUs, errors },
    },
  ];
}

/** What traces cost: reads of single genes and registrations of datasets, with and without them. */
export const tracesBench: Bench = {
  name: 'traces',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    await using collector = await startProgram('bench/constant-server.js', ['2']);
    try {
      await using off = await startMode('off', folder, collector.url);
      await using one = await startMode('one', folder, collector.url);
      await using all = await startMode('all', folder, collector.url);
      const started = { off, one, all };
      return [...(await measure('reads', started)), ...(await measure('writes', started))];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
