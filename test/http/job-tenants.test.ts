import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { runDocument } from '#test/lineage/lineage-events';
import type { Api, ApiAnswer } from '#test/support/api';
import { jobOf, profileOf } from '#test/support/jobs';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { forSeeds, type Seeded } from '#test/support/seed';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry({ ATLAS_WORKERS: 'false', ATLAS_VISIBLE_WAIT_MS: '30000' });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

/** One call that a tenant makes; its secret is in everything that it writes. */
interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

const STEPS = 60;
const IDS = ['shared.one', 'shared.two'] as const;
const RUNS = ['run-1', 'run-2', 'run-3'] as const;
const LINEAGE = [
  '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000002',
] as const;

/** A random call about things that every tenant can guess the ids of. */
function someCall(random: Seeded, secret: string): Call {
  const id = random.pick(IDS);
  const run = random.pick(RUNS);
  const version = random.pick(['1.0.0', '1.0.1', 'latest']);
  const exact = version === 'latest' ? '1.0.0' : version;
  const get = (path: string): Call => ({ method: 'GET', path: `/registry${path}` });
  const post = (path: string, body: unknown = {}): Call => ({
    method: 'POST',
    path: `/registry${path}`,
    body,
  });
  const metadata = { secret };
  const onSuccess = [{ id, version: 'latest' }];
  const idempotencyScope = random.pick(['none', 'definition', 'inputs']);
  const calls = [
    post('/job-definitions', {
      id,
      ...jobOf({ metadata, idempotencyScope, name: `${random.int(2)}` }),
    }),
    post('/job-definitions', { id, ...jobOf({ metadata, onSuccess, tags: ['t'] }) }),
    post('/action-profiles', { id, ...profileOf({ metadata }) }),
    post(`/job-definitions/${id}/${exact}/submit`),
    post(`/job-definitions/${id}/${exact}/approve`, { notes: secret }),
    post(`/job-definitions/${id}/${exact}/retire`),
    post(`/action-profiles/${id}/${exact}/submit`),
    post(`/action-profiles/${id}/${exact}/approve`),
    post(`/job-definitions/${id}/runs`, { id: run, version, metadata }),
    post(`/job-definitions/${id}/runs`, { id: run, version, inputs: [secret] }),
    post('/job-runs', {
      id: run,
      job: secret,
      status: random.pick(['pending', 'running']),
      metadata,
    }),
    post(`/job-runs/${run}/begin`, { by: secret }),
    post(`/job-runs/${run}/progress`, { progress: { done: random.int(3), message: secret } }),
    post(`/job-runs/${run}/finish`, { status: 'succeeded', message: secret, results: { secret } }),
    post(`/job-runs/${run}/cancel`),
    post('/job-runs/batch', {
      operations: [
        { op: 'begin', id: run },
        { op: 'cancel', id: run },
      ],
    }),
    post('/job-events', { source: 's', id: `${random.int(3)}`, type: 't', data: { secret } }),
    {
      method: 'POST',
      path: '/api/v1/lineage',
      body: runDocument({
        run: { runId: random.pick(LINEAGE) },
        eventType: random.pick(['START', 'COMPLETE']),
        job: { namespace: secret, name: 'j' },
      }),
    },
    get(`/job-definitions/${id}`),
    get(`/job-definitions/${id}/${version}`),
    get('/job-definitions?tag=t&match=any'),
    get(`/action-profiles/${id}/${version}`),
    get('/action-profiles'),
    get(`/action-profiles/${id}/${exact}/dependants`),
    get('/job-runs'),
    get(`/job-runs?definition=${id}`),
    get(`/job-runs/${run}`),
    get(`/job-runs/${run}/results`),
    get(`/job-runs/${random.pick(LINEAGE)}`),
    get('/lineage/documents'),
  ] as const;
  return random.pick(calls);
}

async function send(tenant: string, call: Call, by: 'header' | 'path'): Promise<ApiAnswer> {
  const { method, path, body } = call;
  const prefix = by === 'path' ? `/tenants/${tenant}/environments/dev` : '';
  // A path is a scope of its own and wins over a header that lies.
  const headers = { 'Atlas-Tenant': by === 'path' ? 'somebody-else' : tenant };
  return await api.send(`${prefix}${path}`, {
    method,
    headers,
    undocumented: by === 'path',
    ...(body === undefined ? {} : { body }),
  });
}

/** What an answer says, without what depends on when and where it was given. */
function essence({ status, text }: ApiAnswer): string {
  return `${status} ${text
    .replaceAll(/"(position|[a-z_]*_at|[a-zA-Z]*At|time|instance)":("[^"]*"|\d+)/g, '"$1":0')
    .replaceAll(/\/tenants\/[^/]+\/environments\/dev/g, '')
    .replaceAll(/since [^"]*/g, 'since')}`;
}

describe('two tenants who know each other’s ids', () => {
  it('are answered as if each were alone, and never see a word of the other', async () => {
    await forSeeds(6, async (random) => {
      const suffix = newId();
      const [one, two, alone] = [`one-${suffix}`, `two-${suffix}`, `alone-${suffix}`];
      const secrets = { [one]: `secret-of-one-${suffix}`, [two]: `secret-of-two-${suffix}` };
      const secretOfOne = secrets[one] ?? '';
      const secretOfTwo = secrets[two] ?? '';
      const calls: Call[] = [];
      const answers: string[] = [];
      for (let i = 0; i < STEPS; i += 1) {
        const by = random.pick(['header', 'path'] as const);
        if (random.int(2) === 0) {
          const foreign = await send(two, someCall(random, secretOfTwo), by);
          expect(foreign.text).not.toContain(secretOfOne);
          continue;
        }
        const call = someCall(random, secretOfOne);
        const answer = await send(one, call, by);
        expect(answer.text).not.toContain(secretOfTwo);
        calls.push(call);
        answers.push(essence(answer));
      }
      for (const [i, call] of calls.entries()) {
        const again = essence(await send(alone, call, 'header'));
        expect(`${call.method} ${call.path}: ${again}`).toBe(
          `${call.method} ${call.path}: ${answers[i] ?? ''}`,
        );
      }
    });
  });
});
