import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Bench,
  type BenchRow,
  type LoadOptions,
  load,
  median,
  type Started,
  startRegistryProgram,
} from '#bench/harness';
import { geneFile, idOf, publish } from '#bench/serving-data';
import { tenantRequest } from '#bench/tenant-requests';
import { GENE_TABLE } from '#cli/examples/gene-artifact';

const ROUNDS = 9;
const SECONDS = 4;
const CONNECTIONS = 32;
const GENES = 50_000;
const SCRAPE_MS = 1_000;

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

/** Sends the same to a node that counts, and is scraped every second, and to one that does not, in turn. */
async function compare(on: Started, off: Started): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { what, next } of KINDS) {
    const ratios: number[] = [];
    const seen: { readonly on: number; readonly off: number }[] = [];
    let errors = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = async ({ url }: Started): Promise<number> => {
        const result = await load({ url, connections: CONNECTIONS, seconds: SECONDS, next });
        errors += result.errors;
        return result.perSecond;
      };
      // Whoever goes first changes: a machine that slows down must not speak for one of them.
      const first = round % 2 === 0 ? await run(on) : undefined;
      const without = await run(off);
      const counting = first ?? (await run(on));
      ratios.push(counting / without);
      seen.push({ on: counting, off: without });
    }
    rows.push({
      what: `${what}, ${CONNECTIONS} connections, counting`,
      measured: `${median(seen.map((one) => one.on)).toFixed(0)}/s`,
      beside: `${median(seen.map((one) => one.off)).toFixed(0)}/s without metrics`,
      value: median(ratios),
      limit: { atLeast: 0.97 },
      detail: { ratios, seen, errors },
    });
  }
  return rows;
}

/** What it costs to count. */
export const metricsBench: Bench = {
  name: 'metrics',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    const path = geneFile(folder, { dataset: '1/bench/one', count: GENES });
    const start = async (name: string, metrics: string): Promise<Started> => {
      const settings = { ATLAS_METRICS: metrics, ATLAS_CLIENT_LIMITS: 'off' };
      const started = await startRegistryProgram({
        ATLAS_DATA_DIR: join(folder, name),
        ...settings,
      });
      await publish(started.url, { name: '1/bench/one', path, table: GENE_TABLE });
      return started;
    };
    try {
      await using on = await start('on', 'true');
      await using off = await start('off', 'false');
      const scraping = setInterval(
        () => void fetch(`${on.url}/metrics`).then(async (answer) => answer.text()),
        SCRAPE_MS,
      );
      try {
        return await compare(on, off);
      } finally {
        clearInterval(scraping);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
