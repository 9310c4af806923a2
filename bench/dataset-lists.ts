import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDatasets } from '#bench/fill';
import {
  type Bench,
  type BenchRow,
  median,
  percentile,
  startRegistryProgram,
} from '#bench/harness';
import { startBenchNats } from '#bench/nats';
import { provisionStreams } from '#log/provision';

const DATASETS = 100_000;
const EVENTS = 120_000;
const REQUESTS = 200;
// What somebody who types does not notice, on a machine that does other things too.
const P95_MS_MAX = 200;
// Every dataset is looked up.
const STATUS_P95_MS_MAX = 2_000;

/** What a client asks for, and how many datasets its answer has to count. */
interface Question {
  readonly what: string;
  readonly query: (index: number) => string;
  readonly matching: number | undefined;
  readonly p95MsMax?: number;
}

const QUESTIONS: readonly Question[] = [
  { what: 'the first page', query: () => '', matching: undefined },
  { what: 'a name that one of them has', query: (i) => `&text=D000${10_000 + i}`, matching: 1 },
  { what: 'a name that a thousand have', query: (i) => `&text=0${100 + (i % 900)}`, matching: -1 },
  { what: 'a name that none has', query: (i) => `&text=nowhere-${i}`, matching: 0 },
  {
    what: 'a status that none has',
    query: () => '&status=withdrawn',
    matching: undefined,
    p95MsMax: STATUS_P95_MS_MAX,
  },
  { what: 'the first page as of the past', query: (i) => `&at=${90_000 + i}`, matching: undefined },
];

/** Lists and searches of a hundred thousand datasets over HTTP, from a node with nothing else to do. */
export const datasetListsBench: Bench = {
  name: 'dataset-lists',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using nats = await startBenchNats({ syncAlways: false });
      await provisionStreams(nats.broker.jsm, { replicas: 1 });
      await fillDatasets(nats.broker.nc, { datasets: DATASETS, events: EVENTS });
      const env = { NATS_URL: nats.url, ATLAS_DATA_DIR: folder, ATLAS_ROLE: 'reader' };
      await using registry = await startRegistryProgram(env);
      const rows: BenchRow[] = [];
      for (const question of QUESTIONS) rows.push(await measure(registry.url, question));
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(url: string, question: Question): Promise<BenchRow> {
  const { what, query, matching, p95MsMax = P95_MS_MAX } = question;
  const times: number[] = [];
  let errors = 0;
  for (let i = 0; i < REQUESTS; i += 1) {
    const asked = performance.now();
    const response = await fetch(`${url}/registry/datasets?limit=100${query(i)}`);
    const found = (await response.json()) as { matching_count?: number };
    times.push(performance.now() - asked);
    const isRight = matching === -1 ? Number(found.matching_count) > 100 : true;
    const isCounted =
      matching === undefined || matching === -1 || found.matching_count === matching;
    if (response.status !== 200 || !isRight || !isCounted) errors += 1;
  }
  const value = percentile(times, 0.95);
  return {
    what: `list of ${DATASETS} datasets over HTTP: ${what}, p95`,
    measured: `${value.toFixed(1)} ms (p50 ${median(times).toFixed(1)} ms)`,
    beside: `${errors} wrong answers of ${REQUESTS}`,
    value,
    limit: { atMost: p95MsMax },
    detail: { errors, p99: percentile(times, 0.99) },
  };
}
