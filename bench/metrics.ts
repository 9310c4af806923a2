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
const SECONDS = 3;
const WARM_UP_SECONDS = 1;
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

/** What one process managed, of each kind. */
type Rates = readonly { readonly perSecond: number; readonly errors: number }[];

async function ratesOf({ url }: Started): Promise<Rates> {
  const rates: { perSecond: number; errors: number }[] = [];
  for (const { next } of KINDS) {
    const options = { url, connections: CONNECTIONS, next };
    await load({ ...options, seconds: WARM_UP_SECONDS });
    const { perSecond, errors } = await load({ ...options, seconds: SECONDS });
    rates.push({ perSecond, errors });
  }
  return rates;
}

/** Starts a node of its own, with data of its own, and measures it. */
async function measure(folder: string, path: string, metrics: boolean): Promise<Rates> {
  const data = mkdtempSync(join(folder, 'node-'));
  await using node = await startRegistryProgram({
    ATLAS_DATA_DIR: data,
    ATLAS_METRICS: String(metrics),
    ATLAS_CLIENT_LIMITS: 'off',
  });
  await publish(node.url, { name: '1/bench/one', path, table: GENE_TABLE });
  const scrape = async (): Promise<string> => (await fetch(`${node.url}/metrics`)).text();
  const scraping = metrics ? setInterval(() => void scrape(), SCRAPE_MS) : undefined;
  try {
    return await ratesOf(node);
  } finally {
    clearInterval(scraping);
  }
}

function rowOf(what: string, on: Rates, off: Rates): BenchRow {
  const [counting, without] = [on, off].map((rates) => rates.map(({ perSecond }) => perSecond));
  const [ours, theirs] = [median(counting ?? []), median(without ?? [])];
  return {
    what: `${what}, ${CONNECTIONS} connections, counting`,
    measured: `${ours.toFixed(0)}/s`,
    beside: `${theirs.toFixed(0)}/s without metrics`,
    value: ours / theirs,
    limit: { atLeast: 0.97 },
    detail: {
      counting,
      without,
      errors: [...on, ...off].reduce((sum, one) => sum + one.errors, 0),
    },
  };
}

/**
 * What it costs to count. Two processes that do the same differ by more than that, so each value is the median of several, which
 * are started in turn.
 */
export const metricsBench: Bench = {
  name: 'metrics',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    const path = geneFile(folder, { dataset: '1/bench/one', count: GENES });
    const [on, off]: [Rates[], Rates[]] = [[], []];
    try {
      for (let round = 0; round < ROUNDS; round += 1)
        for (const metrics of round % 2 === 0 ? [true, false] : [false, true])
          (metrics ? on : off).push(await measure(folder, path, metrics));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return KINDS.map(({ what }, kind) => {
      const ofKind = (all: readonly Rates[]): Rates => all.flatMap((rates) => rates[kind] ?? []);
      return rowOf(what, ofKind(on), ofKind(off));
    });
  },
};
