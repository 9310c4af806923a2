import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type Measured, ratio } from '#bench/alternate';
import { type Bench, type BenchRow, type LoadOptions, median, startProgram } from '#bench/harness';
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

/** What it costs to count: one process with a registry that counts and one that does not, each asked in turn. */
export const metricsBench: Bench = {
  name: 'metrics',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    const path = geneFile(folder, { dataset: '1/bench/one', count: GENES });
    await using both = await startProgram('bench/two-registries.js', [folder]);
    const [on = '', off = ''] = both.url.split(',');
    const scraping = setInterval(
      () => void fetch(`${on}/metrics`).then((got) => got.text()),
      SCRAPE_MS,
    );
    try {
      for (const url of [on, off])
        await publish(url, { name: '1/bench/one', path, table: GENE_TABLE });
      const rows: BenchRow[] = [];
      for (const { what, next } of KINDS) {
        const sides = { on: { url: on, pid: both.pid }, off: { url: off, pid: both.pid } };
        const kind = { rounds: ROUNDS, seconds: SECONDS, load: { connections: CONNECTIONS, next } };
        const measured = await alternate(sides, kind);
        rows.push(rowOf(what, measured.on, measured.off));
      }
      return rows;
    } finally {
      clearInterval(scraping);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
