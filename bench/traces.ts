import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type Measured, ratio, startSides } from '#bench/alternate';
import { type Bench, type BenchRow, type LoadOptions, median, startProgram } from '#bench/harness';
import { geneFile, idOf, publish } from '#bench/serving-data';
import { GENE_TABLE } from '#cli/examples/gene-artifact';
import { newId } from '#flow/new-id';

const ROUNDS = 15;
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

const RATIOS = { one: '0.01', all: '1' } as const;
type Mode = keyof typeof RATIOS;

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

/** Measures a registry that traces beside one that does not. */
async function measure(
  mode: Mode,
  { folder, collector }: { readonly folder: string; readonly collector: string },
): Promise<BenchRow[]> {
  await using both = await startSides(join(folder, mode), {
    off: {},
    on: {
      ATLAS_TRACES_ENDPOINT: collector,
      ATLAS_TRACES_RATIO: RATIOS[mode],
      ATLAS_TRACES_PER_SECOND_MAX: '100000',
    },
  });
  const { sides } = both;
  const path = geneFile(folder, { dataset: DATASET, count: GENES });
  for (const { url } of Object.values(sides))
    await publish(url, { name: DATASET, path, table: GENE_TABLE });
  const rows: BenchRow[] = [];
  for (const [what, options] of Object.entries(LOADS)) {
    const all = await alternate(sides, { rounds: ROUNDS, seconds: SECONDS, load: options });
    rows.push(...rowsOf(`${what} with traces of ${SHARES[mode]}`, mode, all));
  }
  return rows;
}

function rowsOf(
  what: string,
  mode: Mode,
  { on: ours, off }: Readonly<Record<'on' | 'off', Measured>>,
): BenchRow[] {
  const errors = ours.errors + off.errors;
  return [
    {
      what: `${what}: throughput`,
      measured: `${median(ours.perSecond).toFixed(0)}/s`,
      beside: `${median(off.perSecond).toFixed(0)}/s without`,
      value: ratio('perSecond', ours, off),
      limit: { atLeast: LIMITS[mode].throughput },
      detail: { values: ours.perSecond, off: off.perSecond, errors },
    },
    {
      what: `${what}: time on processors`,
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
      const from = { folder, collector: collector.url };
      return [...(await measure('one', from)), ...(await measure('all', from))];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
