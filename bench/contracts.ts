import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Bench,
  type BenchRow,
  median,
  percentile,
  ROOT,
  residentBytes,
  type Started,
  startRegistryProgram,
} from '#bench/harness';
import { readWebhookContracts, type WebhookVersion } from '#cli/examples/webhook-contracts';
import type { Json } from '#domain/canonical-json';

const CONTRACTS = 1_000;
const VERSIONS = 10;
const IN_FLIGHT = 8;
const CHECKS = 60;
const MEGABYTE = 1_000_000;

async function send(url: string, path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Finds the largest contract, and the version before it. */
function largestPair(): readonly [WebhookVersion, WebhookVersion] {
  const list = readWebhookContracts(join(ROOT, 'examples/contracts/github-webhooks.json.br'));
  const size = (one: WebhookVersion): number => JSON.stringify(one.jsonSchema).length;
  const pairs = list.flatMap((one, at): [WebhookVersion, WebhookVersion][] => {
    const before = list[at - 1];
    return before?.name === one.name ? [[before, one]] : [];
  });
  const [largest] = pairs.toSorted(([, a], [, b]) => size(b) - size(a));
  if (largest === undefined) throw new Error('Cannot find two versions of one contract');
  return largest;
}

async function largestRow({ url }: Started): Promise<BenchRow> {
  const [before, after] = largestPair();
  await send(url, '/registry/contracts', { ...before, description: 'the one before' });
  const times: number[] = [];
  let errors = 0;
  for (let at = 0; at < CHECKS; at += 1) {
    const began = performance.now();
    const response = await send(url, `/registry/contracts/${after.name}/check`, {
      // Different each time, so that nothing that was read before is of use.
      jsonSchema: { ...after.jsonSchema, $comment: `check ${at}` },
    });
    const answer = (await response.json()) as { readonly wouldPublish?: boolean };
    times.push(performance.now() - began);
    if (answer.wouldPublish !== true) errors += 1;
  }
  // The first ones start the thread and are compiled while they run.
  const warm = times.slice(CHECKS / 6);
  return {
    what: `Check of the largest webhook contract (${after.name} ${after.version}) over HTTP, p95 in ms`,
    measured: `p50 ${median(warm).toFixed(1)} ms, first ${(times[0] ?? 0).toFixed(0)} ms`,
    beside: `${(JSON.stringify(after.jsonSchema).length / 1_000).toFixed(0)} kB of schema`,
    value: percentile(warm, 0.95),
    limit: { atMost: 50 },
    detail: { errors, p50: median(warm), p99: percentile(warm, 0.99) },
  };
}

/** Makes one version of a contract: each adds a property, every fifth one requires another. */
function versionOf(contract: number, version: number): object {
  const properties = Object.fromEntries(
    Array.from({ length: 12 + version }, (_, at) => [
      `field_${at}`,
      at % 3 === 0 ? { type: 'integer', minimum: at } : { type: 'string', maxLength: 40 + at },
    ]),
  );
  const required = Array.from({ length: 2 + Math.floor(version / 5) }, (_, at) => `field_${at}`);
  return {
    name: `bench.contract${contract}`,
    description: `version ${version}`,
    jsonSchema: { type: 'object', properties, required, additionalProperties: false },
  };
}

async function manyRows({ url, pid }: Started): Promise<readonly BenchRow[]> {
  let [next, errors] = [0, 0];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let contract = next++; contract < CONTRACTS; contract = next++) {
        for (let version = 0; version < VERSIONS; version += 1) {
          const response = await send(url, '/registry/contracts', versionOf(contract, version));
          await response.arrayBuffer();
          if (response.status !== 201) errors += 1;
        }
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  const perSecond = (CONTRACTS * VERSIONS) / seconds;
  const megabytes = residentBytes(pid) / MEGABYTE;
  return [
    {
      what: `${CONTRACTS * VERSIONS} versions of ${CONTRACTS} contracts published over HTTP through the gate, versions/s`,
      measured: `${seconds.toFixed(1)} s, ${IN_FLIGHT} in flight`,
      beside: 'one thread that checks',
      value: perSecond,
      limit: { atLeast: 100 },
      detail: { errors, seconds },
    },
    {
      what: 'Memory of the registry after that, MB',
      measured: `${megabytes.toFixed(0)} MB resident`,
      beside: 'the whole process with its thread',
      value: megabytes,
      limit: { atMost: 600 },
      detail: {},
    },
  ];
}

const range = (length: number): number[] => Array.from({ length }, (_, at) => at);

/** Schemas that were made to take for ever, or to make the registry call somebody. */
function hostileSchemas(trap: string): readonly (readonly [string, Json])[] {
  const fan = Object.fromEntries(
    range(27).map((at) => [
      `d${at + 1}`,
      { allOf: [{ $ref: `#/$defs/d${at}` }, { properties: { a: { $ref: `#/$defs/d${at}` } } }] },
    ]),
  );
  const deep = range(90).reduce<Json>((inner) => ({ allOf: [inner, { not: { minLength: 9 } }] }), {
    type: 'string',
  });
  const unions = range(40).map((at) => ({
    anyOf: [{ required: [`a${at}`] }, { required: [`b${at}`] }, { maxProperties: at }],
  }));
  const patterns = range(12).map((at) => ({ pattern: `(a|b)*a(a|b){${at + 8}}` }));
  return [
    ['a fan of 2^27 references', { $ref: '#/$defs/d27', $defs: { ...fan, d0: { minLength: 1 } } }],
    ['deep allOf', deep],
    ['a loop of references', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }],
    ['40 unions at once', { allOf: unions }],
    ['patterns that explode', { allOf: patterns }],
    ['an evil pattern', { pattern: '^(a+)+$' }],
    [
      '100,000 properties',
      { properties: Object.fromEntries(range(100_000).map((at) => [`p${at}`, { minimum: at }])) },
    ],
    ['a remote reference', { $ref: `${trap}/schema.json` }],
    ['a remote $schema', { $schema: `${trap}/meta.json` }],
  ];
}

async function hostileRow({ url }: Started): Promise<BenchRow> {
  let connections = 0;
  const trap = createServer((_, response) => response.end('{}')).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  const { port } = trap.address() as AddressInfo;
  const waits: number[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const began = performance.now();
      await (await fetch(`${url}/healthz`)).arrayBuffer();
      waits.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const took: Record<string, number> = {};
  for (const [what, jsonSchema] of hostileSchemas(`http://127.0.0.1:${port}`)) {
    const began = performance.now();
    const name = 'bench.hostile';
    await send(url, '/registry/contracts', { name, jsonSchema: { type: ['string', 'object'] } });
    await (await send(url, `/registry/contracts/${name}/check`, { jsonSchema })).arrayBuffer();
    took[what] = Math.round(performance.now() - began);
  }
  isOver = true;
  await watching;
  trap.close();
  return {
    what: 'Longest that another request waited while hostile schemas were checked, ms',
    measured: `${Math.max(...waits).toFixed(0)} ms, median ${median(waits).toFixed(1)} ms`,
    beside: `${connections} connections made, ${Object.keys(took).length} schemas`,
    value: Math.max(...waits),
    limit: { atMost: 200 },
    detail: { errors: connections, took },
  };
}

/** The gate of contracts: how long it takes, how much it lets through, and what it keeps from others. */
export const contractsBench: Bench = {
  name: 'contracts',
  async run() {
    const data = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using registry = await startRegistryProgram({ ATLAS_DATA_DIR: data });
      const largest = await largestRow(registry);
      const hostile = await hostileRow(registry);
      return [largest, hostile, ...(await manyRows(registry))];
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};
