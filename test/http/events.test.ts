import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { openEvents, type SseConnection } from '#test/support/sse';
import { eventually } from '#test/support/wait';

let registry: TestRegistry;
let api: Api;
const connections: SseConnection[] = [];

beforeAll(async () => {
  registry = await startTestRegistry({
    ATLAS_HEARTBEAT_MS: '100',
    ATLAS_SUBSCRIBERS_MAX: '5',
    ATLAS_SUBSCRIBER_BYTES_MAX: '16384',
    ATLAS_SUBSCRIBER_STALL_MS: '500',
  });
  api = registry.api;
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  await registry[Symbol.asyncDispose]();
});

async function follow(query: string, headers: Record<string, string> = {}): Promise<SseConnection> {
  const connection = await openEvents(`${api.url}/registry/events${query}`, headers);
  connections.push(connection);
  return connection;
}

async function register(tenant: string, rest: object = {}): Promise<number> {
  const body = { name: `e/${newId()}`, schema_fingerprint: 'fp', ...rest };
  return (await api.post('/registry/datasets', body, { 'Atlas-Tenant': tenant })).position;
}

function idsOf(connection: SseConnection): number[] {
  return connection.messages.filter((m) => m.event !== 'end').map((m) => Number(m.id));
}

describe('GET /registry/events', () => {
  it('gives every event of the scope from a position on, then what comes', async () => {
    const tenant = 'from';
    const positions = [await register(tenant), await register(tenant)];
    await register('somebody-else');
    const connection = await follow('?from=1', { 'Atlas-Tenant': tenant });
    positions.push(await register(tenant));
    await eventually('three events', () => connection.messages.length >= 3);
    expect(idsOf(connection)).toEqual(positions);
    const event = JSON.parse(connection.messages[0]?.data ?? '{}');
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'DatasetRegistered',
      kind: 'dataset',
      position: positions[0],
      data: { manifest: { schemaFingerprint: 'fp' } },
    });
    expect(connection.messages[0]?.event).toBe('DatasetRegistered');
    connection.close();
  });

  it('resumes behind Last-Event-ID without gap or repeat', async () => {
    const tenant = 'resume';
    const positions: number[] = [];
    for (let i = 0; i < 10; i += 1) positions.push(await register(tenant));
    const headers = { 'Atlas-Tenant': tenant, 'Last-Event-ID': String(positions[3]) };
    const connection = await follow('?from=1', headers);
    await eventually('the rest', () => connection.messages.length >= 6);
    expect(idsOf(connection)).toEqual(positions.slice(4));
    connection.close();
  });

  it('gives only what is new when no position is named, and heartbeats in between', async () => {
    const tenant = 'live';
    await register(tenant);
    const connection = await follow('', { 'Atlas-Tenant': tenant });
    const position = await register(tenant);
    await eventually('the new event', () => connection.messages.length >= 1);
    expect(idsOf(connection)).toEqual([position]);
    await eventually(
      'heartbeats',
      () => connection.comments.filter((c) => c === ': heartbeat').length >= 3,
    );
    connection.close();
  });

  it('follows job runs in their own stream', async () => {
    const headers = { 'Atlas-Tenant': 'jobs' };
    const run = await api.post('/registry/job-runs', { job: 'j' }, headers);
    const connection = await follow('?stream=jobs&from=1', headers);
    await eventually('the run', () => connection.messages.length >= 1);
    expect(JSON.parse(connection.messages[0]?.data ?? '{}')).toMatchObject({
      type: 'JobRunStarted',
      subject: run.json.id,
    });
    connection.close();
  });

  it('cuts off a reader that takes nothing, says so, and holds no more than a bound for it', async () => {
    const tenant = 'slow';
    const connection = await follow('?from=1', { 'Atlas-Tenant': tenant });
    connection.pause();
    const objects = Array.from({ length: 300 }, (_, i) => ({
      key: `${i}`.padStart(200, 'x'),
      sha256: 'a'.repeat(64),
      bytes: i,
    }));
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 120; i += 1) await register(tenant, { objects });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    connection.resume();
    await connection.ended;
    const last = connection.messages.at(-1);
    expect([last?.event, last?.data]).toEqual(['end', '{"reason":"too-slow"}']);
    const seen = idsOf(connection);
    expect(seen.length).toBeLessThan(120);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    const rest = await follow('', {
      'Atlas-Tenant': tenant,
      'Last-Event-ID': String(seen.at(-1) ?? 0),
    });
    await eventually('the rest', () => rest.messages.length >= 120 - seen.length);
    expect(new Set([...seen, ...idsOf(rest)]).size).toBe(120);
    rest.close();
  });

  it('refuses more readers than it can serve, and positions that are none', async () => {
    const open = await Promise.all(Array.from({ length: 5 }, () => follow('')));
    expect((await api.get('/registry/events')).json).toMatchObject({ status: 503, code: 'BUSY' });
    for (const connection of open) connection.close();
    await eventually('a place', async () => {
      const next = await follow('');
      next.close();
      return next.status === 200;
    });
    await eventually(
      'a place for the wrong ones',
      async () => (await api.get('/registry/events?from=x')).status === 400,
    );
    expect((await api.get('/registry/events', { 'Last-Event-ID': 'x' })).status).toBe(400);
    expect((await api.get('/registry/events?stream=other')).status).toBe(400);
  });

  it('ends with a clear event when the node shuts down', async () => {
    const own = await startTestRegistry();
    const connection = await openEvents(`${own.api.url}/registry/events`);
    await own[Symbol.asyncDispose]();
    await connection.ended;
    expect(connection.messages.at(-1)).toMatchObject({
      event: 'end',
      data: '{"reason":"shutdown"}',
    });
  });
});
