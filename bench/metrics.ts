import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type Measured, ratio, startSides } from '#bench/alternate';
import { type Bench, type BenchRow, type LoadOptions, median } from '#bench/harness';
import { geneFile, idOf, publish } from '#bench/serving-data';
import { tenantRequest } from '#bench/tenant-requests';
import { GENE_TABLE } from '#cli/examples/gene-artifact';

const ROUNDS = 15;
const SECONDS = 2;
const CONNECTIONS = 32;
const GENES = 50_000;
const SCRAPE_MS = 5_000;

type Next = NonNullable<LoadOptions['next']>;

const KINDS: readonly { readonly what: string; readonly next: Next }[] = [
  {
    what: 'GET one gene by id',
    next: () => ({
      method: 'GET',
      path: `/v1/genes?dataset=1/bench/one&gene_id=${idOf(Math.floor(Math.random() * GENES))}`,
    }),
  },
  {
    what: 'GET a page of datasets, never the same',
    next: (index) => ({ method: 'GET', path: `/registry/datasets?limit=${(index % 99) + 1}` }),
  },
  { what: 'POST a dataset', next: () => tenantRequest('write') },
];

function rowOf(what: string, on: Measured, off: Measured): BenchRow {
  const rates = `${median(on.perSecond).toFixed(0)}/s and ${median(off.perSecond).toFixed(0)}/s`;
  return {
    what: `${what}, ${CONNECTIONS} connections, counting: time on processors`,
    measured: `${median(on.processorUs).toFixed(1)} us a request`,
    beside: `${median(off.processorUs).toFixed(1)} us without metrics; ${rates}`,
    value: ratio('processorUs', on, off),
    limit: { atMost: 1.03 },
    detail: { on, off, throughput: ratio('perSecond', on, off) },
  };
}

async function measure(folder: string): Promise<BenchRow[]> {
  const path = geneFile(folder, { dataset: '1/bench/one', count: GENES });
  const settings = { ATLAS_CLIENT_LIMITS: 'off' };
  await using both = await startSides(folder, {
    on: { ...settings, ATLAS_METRICS: 'true' },
    off: { ...settings, ATLAS_METRICS: 'false' },
  });
  const { sides } = both;
  for (const { url } of Object.values(sides))
    await publish(url, { name: '1/bench/one', path, table: GENE_TABLE });
  const scrape = async (): Promise<string> => (await fetch(`${sides.on.url}/metrics`)).text();
  const scraping = setInterval(() => void scrape(), SCRAPE_MS);
  try {
    const rows: BenchRow[] = [];
    for (const { what, next } of KINDS) {
      const kind = { rounds: ROUNDS, seconds: SECONDS, load: { connections: CONNECTIONS, next } };
      const measured = await alternate(sides, kind);
      rows.push(rowOf(what, measured.on, measured.off));
    }
    return rows;
  } finally {
    clearInterval(scraping);
  }
}

/** What it costs to count: one process with a registry that counts and one that does not, each asked in turn. */
export const metricsBench: Bench = {
  name: 'metrics',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      return await measure(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
