import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import {
  type Bench,
  type BenchRow,
  median,
  percentile,
  ROOT,
  type Started,
  startRegistryProgram,
} from '#bench/harness';
import { CONTRACT, type Kind, schema, tenantRequest } from '#bench/tenant-requests';
import { systemClock } from '#flow/clock';
import { AUTH_SCOPES } from '#http/auth/auth-scope';
import { AUDIENCE, ISSUER, publicKeys, tokenOf } from '#test/support/tokens';

const ROUNDS = 3;
const SECONDS = 8;
// The bursts of the hostile tenants are over by then.
const WARM_UP_MS = 4_000;
const HOSTILE = ['mallory', 'trudy'];
const SUBJECTS = 4;
const P99_RATIO_MAX = 2;

/** What the third tenant asks for per second. */
const PACE: Readonly<Record<Kind, number>> = { read: 200, write: 50, check: 5, 'slow check': 5 };

async function tokensOf(tenant: string, count: number): Promise<readonly string[]> {
  const scope = AUTH_SCOPES.join(' ');
  const environments = ['dev'];
  return await Promise.all(
    Array.from({ length: count }, async (_, index) =>
      tokenOf({ tenant, environments, scope, sub: `${tenant}-${index}` }),
    ),
  );
}

/** Two tenants that ask as fast as they can, each from a process of its own. */
class HostileTenants implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];
  readonly #out: string[];

  constructor(kind: Kind, url: string, tokens: readonly (readonly string[])[]) {
    this.#out = tokens.map(() => '');
    this.#children = tokens.map((own, index) => {
      const program = join(ROOT, 'dist', 'bench', 'hostile-client.js');
      const child = spawn(process.execPath, [program, kind, url, ...own], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout.on('data', (chunk) => {
        this.#out[index] += String(chunk);
      });
      return child;
    });
  }

  /** How many answers they had, by status. */
  counts(): readonly unknown[] {
    return this.#out.map((text) => JSON.parse(text.split('\n')[1] ?? 'null') as unknown);
  }

  async [Symbol.asyncDispose]() {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }
}

/** Asks at a steady pace, whether or not the answers keep up, and gives how long each took from when it was due. */
async function paced(
  kind: Kind,
  url: string,
  token: string,
): Promise<{ readonly times: readonly number[]; readonly errors: number }> {
  const dispatcher = new Agent({ connections: 32 });
  const times: number[] = [];
  let errors = 0;
  const count = PACE[kind] * SECONDS;
  const began = performance.now();
  const ask = async (dueMs: number): Promise<void> => {
    const { method, path, body } = tenantRequest(kind === 'slow check' ? 'check' : kind);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await request(`${url}${path}`, {
      method,
      headers,
      dispatcher,
      ...(body === undefined ? {} : { body }),
    });
    await answer.body.dump();
    if (answer.statusCode >= 300) errors += 1;
    times.push(performance.now() - dueMs);
  };
  const all: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = began + (index * 1_000) / PACE[kind];
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await systemClock.sleep(waitMs);
    all.push(ask(dueMs));
  }
  await Promise.all(all);
  await dispatcher.close();
  return { times, errors };
}

async function publish(url: string, token: string): Promise<void> {
  const answer = await fetch(`${url}/registry/contracts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: CONTRACT, version: 'v1', jsonSchema: schema(20) }),
  });
  if (!answer.ok) throw new Error(`Publishing answered ${answer.status}: ${await answer.text()}`);
}

interface Tokens {
  readonly third: string;
  readonly hostile: readonly (readonly string[])[];
}

/**
 * The third tenant alone, alone while the same generators load another registry, and beside them on the same one. The
 * second is what the first is compared with: on two cores generators take as much as servers, wherever they send.
 */
async function measure(
  kind: Kind,
  { registry, other }: { readonly registry: Started; readonly other: Started },
  { third, hostile }: Tokens,
): Promise<BenchRow> {
  const rounds: Record<'idle' | 'alone' | 'beside', Percentiles[]> = {
    idle: [],
    alone: [],
    beside: [],
  };
  const counts: unknown[] = [];
  let errors = 0;
  const take = async (name: keyof typeof rounds): Promise<void> => {
    const answered = await paced(kind, registry.url, third);
    rounds[name].push(percentilesOf(answered.times));
    errors += answered.errors;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await take('idle');
    for (const [name, at] of [
      ['alone', other],
      ['beside', registry],
    ] as const) {
      await using tenants = new HostileTenants(kind, at.url, hostile);
      await systemClock.sleep(WARM_UP_MS);
      await take(name);
      await tenants[Symbol.asyncDispose]();
      counts.push(name, tenants.counts());
    }
  }
  const p99 = (name: keyof typeof rounds): number => median(rounds[name].map((one) => one.p99));
  const text = (name: keyof typeof rounds): string =>
    `${p99(name).toFixed(2)} ms (p50 ${median(rounds[name].map(({ p50 }) => p50)).toFixed(2)})`;
  return {
    what: `p99 of a tenant's ${kind}s, ${PACE[kind]}/s, beside two that send ${kind}s as fast as they can`,
    measured: text('beside'),
    beside: `${text('alone')} while they load another registry, ${text('idle')} without them`,
    value: p99('beside') / p99('alone'),
    limit: { atMost: P99_RATIO_MAX },
    detail: { rounds, errors, overIdle: p99('beside') / p99('idle'), counts },
  };
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

function percentilesOf(times: readonly number[]): Percentiles {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** A tenant beside two that take whatever they get. */
export const noisyNeighboursBench: Bench = {
  name: 'noisy-neighbours',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      const keys = join(folder, 'keys.json');
      writeFileSync(keys, JSON.stringify(await publicKeys()));
      const env = {
        ATLAS_AUTH: 'jwt',
        ATLAS_JWT_ISSUER: ISSUER,
        ATLAS_JWT_AUDIENCE: AUDIENCE,
        ATLAS_JWT_KEYS: keys,
      };
      await using registry = await startRegistryProgram({
        ...env,
        ATLAS_DATA_DIR: join(folder, 'one'),
      });
      await using other = await startRegistryProgram({
        ...env,
        ATLAS_DATA_DIR: join(folder, 'two'),
      });
      const [third = ''] = await tokensOf('third', 1);
      const hostile = await Promise.all(HOSTILE.map(async (name) => tokensOf(name, SUBJECTS)));
      for (const { url } of [registry, other])
        for (const token of [third, ...hostile.map(([first = '']) => first)])
          await publish(url, token);
      const rows: BenchRow[] = [];
      for (const kind of ['read', 'write', 'check', 'slow check'] as const)
        rows.push(await measure(kind, { registry, other }, { third, hostile }));
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
