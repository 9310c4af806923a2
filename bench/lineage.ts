import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type BenchRow, startRegistryProgram } from '#bench/harness';
import { uuidFrom } from '#bench/uuid-from';

const NODES = 20_000;
const EVENTS = NODES * 2;
const BATCH = 1_000;
const IN_FLIGHT = 2;
const COLUMNS = 12;

/** A large dbt run: every model begins and ends as a run of its own; then the client sends all of it again. */
export const lineageBench: Bench = {
  name: 'lineage',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      // Answers do not wait for the view, so that what it is behind shows.
      const env = { ATLAS_DATA_DIR: folder, ATLAS_LOG_LEVEL: 'error', ATLAS_VISIBLE_WAIT_MS: '0' };
      await using registry = await startRegistryProgram(env);
      return await measure(registry.url);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Sent {
  readonly seconds: number;
  readonly successful: number;
  readonly existing: number;
  readonly lastPosition: number;
  readonly lagMax: number;
}

async function measure(url: string): Promise<readonly BenchRow[]> {
  const bodies = Array.from({ length: EVENTS / BATCH }, (_, i) => batchBody(i));
  const first = await sendAll(url, bodies);
  const caughtUpMs = await caughtUp(url, first.lastPosition);
  const again = await sendAll(url, bodies);
  const seconds = first.seconds + again.seconds;
  const listed = await countRuns(url);
  const errors =
    EVENTS * 2 - first.successful - again.successful + (again.existing - EVENTS) + (listed - NODES);
  return [
    {
      what: `${EVENTS} OpenLineage events in batches of ${BATCH}, and all of them again`,
      measured: `${first.seconds.toFixed(1)} s and ${again.seconds.toFixed(1)} s (${(bodies.join('').length / EVENTS).toFixed(0)} bytes an event)`,
      beside: `${listed} runs listed of ${NODES}, ${again.existing} of ${EVENTS} known at the second time`,
      value: seconds,
      limit: { atMost: 60 },
      detail: { errors: Math.abs(errors), first, again, listed },
    },
    {
      what: 'events that the view was behind while they came, at most',
      measured: `${first.lagMax} events; shown ${caughtUpMs.toFixed(0)} ms after the last answer`,
      beside: 'the last acknowledged position',
      value: caughtUpMs,
      limit: { atMost: 2_000 },
      detail: { lagMax: first.lagMax, caughtUpMs },
    },
  ];
}

async function sendAll(url: string, bodies: readonly string[]): Promise<Sent> {
  const waiting = bodies.values();
  let [successful, existing, lastPosition, lagMax] = [0, 0, 0, 0];
  const started = performance.now();
  const lane = async (): Promise<void> => {
    for (const body of waiting) {
      const response = await fetch(`${url}/api/v1/lineage/batch`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      const { summary } = (await response.json()) as {
        summary: { successful: number; existing: number };
      };
      successful += summary.successful;
      existing += summary.existing;
      lastPosition = Math.max(lastPosition, Number(response.headers.get('atlas-position')));
      lagMax = Math.max(lagMax, lastPosition - (await shownPosition(url)));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const seconds = (performance.now() - started) / 1_000;
  return { seconds, successful, existing, lastPosition, lagMax };
}

async function shownPosition(url: string): Promise<number> {
  const response = await fetch(`${url}/registry/job-runs?limit=1`);
  await response.arrayBuffer();
  return Number(response.headers.get('atlas-position'));
}

async function caughtUp(url: string, position: number): Promise<number> {
  const started = performance.now();
  while ((await shownPosition(url)) < position) {
    if (performance.now() - started > 60_000) throw new Error('The view does not catch up');
  }
  return performance.now() - started;
}

async function countRuns(url: string): Promise<number> {
  let count = 0;
  for (let cursor = ''; ; ) {
    const response = await fetch(`${url}/registry/job-runs?limit=1000${cursor}`);
    const page = (await response.json()) as { job_runs: unknown[]; next_cursor?: string };
    count += page.job_runs.length;
    if (page.next_cursor === undefined) return count;
    cursor = `&cursor=${page.next_cursor}`;
  }
}

/** Events of many models, as the dbt integration reports them: the start says little, the end has columns and statistics. */
function batchBody(batch: number): string {
  const events = Array.from({ length: BATCH / 2 }, (_, i) => {
    const node = batch * (BATCH / 2) + i;
    return [lineageEvent(node, 'START'), lineageEvent(node, 'COMPLETE')];
  });
  return JSON.stringify(events.flat());
}

function lineageEvent(node: number, eventType: 'START' | 'COMPLETE'): object {
  const facet = {
    _producer: PRODUCER,
    _schemaURL: 'https://openlineage.io/spec/facets/1-0-0/F.json',
  };
  const fields = Array.from({ length: COLUMNS }, (_, i) => ({
    name: `column_${i}`,
    type: 'VARCHAR',
  }));
  const dataset = (name: string) => ({
    namespace: 'postgres://warehouse:5432',
    name: `analytics.public.${name}`,
    facets: eventType === 'START' ? {} : { schema: { ...facet, fields } },
  });
  const parent = {
    ...facet,
    run: { runId: uuidFrom('dbt run') },
    job: { namespace: 'dbt', name: 'dbt-run-analytics' },
  };
  const at = Date.UTC(2026, 0, 1) + node * 20 + (eventType === 'START' ? 0 : 10);
  return {
    eventType,
    eventTime: new Date(at).toISOString(),
    run: { runId: uuidFrom(`node ${node}`), facets: { parent } },
    job: { namespace: 'dbt', name: `analytics.model_${node}` },
    inputs: [dataset(`source_${node % 500}`)],
    outputs: [
      {
        ...dataset(`model_${node}`),
        ...(eventType === 'START'
          ? {}
          : { outputFacets: { outputStatistics: { ...facet, rowCount: node, size: node * 100 } } }),
      },
    ],
    producer: PRODUCER,
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  };
}

const PRODUCER = 'https://github.com/OpenLineage/OpenLineage/tree/1.40.0/integration/dbt';
