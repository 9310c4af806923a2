import { AckPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectBroker } from '#clients/nats';
import { provision } from '#compose/provision';
import { verifyAudit } from '#compose/verify-audit';
import { newId } from '#flow/new-id';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { DURABLE, EVENT, FOR_NOBODY, FORBIDDEN, STREAMS } from '#test/support/nats-forbidden';
import {
  type NatsRole,
  type NatsWithRoles,
  type RoleConnection,
  startNatsWithRoles,
} from '#test/support/nats-roles';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { openEvents } from '#test/support/sse';
import { eventually } from '#test/support/wait';

let nats: NatsWithRoles;
let admin: RoleConnection;
let writer: TestRegistry;
let projector: TestRegistry;
let reader: TestRegistry;

async function startNode(role: 'writer' | 'projector' | 'reader' | 'all'): Promise<TestRegistry> {
  return await startTestRegistry({
    ...nats.env(role),
    ATLAS_ROLE: role,
    ATLAS_LOG_LEVEL: 'silent',
  });
}

beforeAll(async () => {
  nats = await startNatsWithRoles();
  await expect(startNode('writer')).rejects.toThrow(
    /^Cannot create stream "REGISTRY": Permissions Violation .*\(want it made by whoever may: atlas-registry provision\)$/,
  );
  const env = nats.env('provisioner');
  const names = ['REGISTRY', 'JOBS', 'KV_contracts', 'KV_webhooks'];
  expect(await provision(readConfig(env))).toEqual(names);
  expect(await provision(readConfig(env))).toEqual(names);
  admin = await nats.connect('provisioner');
  const durable: Partial<ConsumerConfig> = {
    durable_name: DURABLE,
    ack_policy: AckPolicy.Explicit,
    filter_subject: 'atlas.default.dev.dataset.*',
  };
  await admin.jsm.consumers.add('REGISTRY', durable);
  [writer, projector, reader] = await Promise.all([
    startNode('writer'),
    startNode('projector'),
    startNode('reader'),
  ]);
});
afterAll(async () => {
  for (const node of [writer, projector, reader]) await node?.[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

async function register(name = newId()): Promise<{ name: string; position: number }> {
  const body = { name, schema_fingerprint: 'fp' };
  const { status, position } = await writer.api.post('/registry/datasets', body);
  expect(status).toBe(201);
  return { name, position };
}

function atLeast(position: number): Record<string, string> {
  return { 'Atlas-Min-Position': String(position) };
}

describe('with the permissions of its role, over TLS and by its key', () => {
  it('a writer writes, decides again after a conflict, and reads what it wrote', async () => {
    const name = newId();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        writer.api.post('/registry/datasets', { name, schema_fingerprint: `fp-${i % 2}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await writer.api.get(`/registry/datasets/${name}`)).status).toBe(200);
    const run = await writer.api.post('/registry/job-runs', { job: 'nightly' });
    expect(run.status).toBe(201);
    const ended = await writer.api.post(`/registry/job-runs/${run.json.id}/finish`, {
      status: 'succeeded',
    });
    expect(ended.json).toMatchObject({ status: 'succeeded' });
  });

  it('an auditor reads the whole log as a reader, compares it with its anchors, and lists it', async () => {
    const { position } = await register();
    const config = readConfig({
      ...nats.env('reader'),
      ATLAS_DATA_DIR: projector.folder,
    });
    const { signal } = new AbortController();
    const options = { streams: ['registry', 'jobs'], publicKeys: [], signal, onProgress: () => {} };
    const [registry, jobs] = await verifyAudit(config, createLogger('silent'), options);
    expect(registry?.events).toBeGreaterThanOrEqual(position);
    for (const report of [registry, jobs]) {
      expect(report?.findings).toEqual([]);
      expect(report?.places).toMatchObject([{ place: 'store', findings: [] }]);
    }
    const { json } = await reader.api.get(`/registry/audit?from=${position}`);
    expect(json.entries).toMatchObject([{ position, decision: 'DatasetRegistered' }]);
  });

  it('a reader shows new events as they come, the past, and streams them', async () => {
    const run = await writer.api.post('/registry/job-runs', { job: 'seen' });
    const past = `/registry/job-runs/${run.json.id}?at=${run.position}`;
    await eventually('the run', async () => (await reader.api.get(past)).status === 200);
    const first = await register();
    await reader.api.get('/registry/datasets', atLeast(first.position));
    // The tail brings them at once; without it they would come with the next look, 2 s later.
    const started = performance.now();
    for (let i = 0; i < 5; i += 1) {
      const { name, position } = await register();
      const seen = await reader.api.get(`/registry/datasets/${name}`, atLeast(position));
      expect(seen.status).toBe(200);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
    const at = await reader.api.get(`/registry/datasets/${first.name}?at=${first.position}`);
    expect(at.status).toBe(200);
    const events = await openEvents(`${reader.registry.url}/registry/events?from=1`);
    const { position } = await register();
    await eventually('the newest event', () =>
      events.messages.some(({ id }) => id === String(position)),
    );
    events.close();
    for (const { api } of [reader, projector]) {
      const refused = await api.post('/registry/datasets', { name: 'x', schema_fingerprint: 'f' });
      expect(refused.json).toMatchObject({ code: 'READ_ONLY' });
    }
  });

  it('a projector keeps the bucket', async () => {
    const name = `roles.x${newId().replaceAll('-', '')}`;
    const body = { name, version: 'v1', jsonSchema: { type: 'object' } };
    const { position, status } = await writer.api.post('/registry/contracts', body);
    expect(status).toBe(201);
    await eventually('the bucket to be there', async () => {
      const { json } = await projector.api.get('/readyz');
      const part = json.parts.find((one: { name: string }) => one.name === 'contracts-kv');
      return part.ready && part.position >= position;
    });
    const bucket = await new Kvm((await nats.connect('projector')).js).open('contracts');
    expect((await bucket.get(`meta.${name}.v1`))?.json()).toMatchObject({ name, version: 'v1' });
  });

  it('a node that does everything takes the bucket over, and writes', async () => {
    await using node = await startNode('all');
    const name = `all.x${newId().replaceAll('-', '')}`;
    const body = { name, version: 'v1', jsonSchema: { type: 'object' } };
    expect((await node.api.post('/registry/contracts', body)).status).toBe(201);
    const { json } = await node.api.get('/readyz');
    expect(json.parts.map((one: { name: string }) => one.name)).toContain('contracts-kv');
    const bucket = await new Kvm((await nats.connect('all')).js).open('contracts');
    await eventually('the contract in it', async () => await bucket.get(`meta.${name}.v1`));
  });

  it('a durable consumer takes the events that it was made for, and acknowledges them', async () => {
    const { position } = await register();
    const { js } = await nats.connect('consumer');
    const consumer = await js.consumers.get('REGISTRY', DURABLE);
    const kinds = new Set<string>();
    for (let last = 0; last < position; ) {
      const message = await consumer.next({ expires: 5_000 });
      if (message === null) break;
      kinds.add(message.subject.split('.').slice(0, 4).join('.'));
      last = message.seq;
      await message.ackAck();
    }
    expect([...kinds]).toEqual(['atlas.default.dev.dataset']);
    const { ack_floor: floor } = await admin.jsm.consumers.info('REGISTRY', DURABLE);
    expect(floor.stream_seq).toBe(position);
  });
});

const EVERYTHING = ['>', '*.>', '_INBOX.>', 'atlas.>', '$KV.>', '$JS.>', '$SYS.>', 'atlas-tail.>'];
const ROLES = Object.keys(FORBIDDEN) as NatsRole[];

/** Where everything that can be changed stands. */
async function stateOf(connection: RoleConnection): Promise<unknown> {
  const streams = await Promise.all(STREAMS.map((name) => connection.jsm.streams.info(name)));
  const { config, ack_floor } = await connection.jsm.consumers.info('REGISTRY', DURABLE);
  // The projector writes its checkpoint into the bucket when it likes, over the one that is there.
  const states = streams.map(({ config: made, state }) => [made, state.messages]);
  return JSON.parse(JSON.stringify([states, config, ack_floor]));
}

describe('the server refuses', () => {
  it.each(ROLES)('a %s whatever is not its work, and nothing changes', async (role) => {
    const connection = await nats.connect(role);
    const before = await stateOf(admin);
    const allowed: string[] = [];
    for (const subject of [...FOR_NOBODY, ...FORBIDDEN[role]]) {
      const refusal = await connection.refusalOf(() => connection.nc.publish(subject, '{}'));
      if (refusal?.includes(`Publish to "${subject}"`) !== true) allowed.push(subject);
    }
    expect(allowed).toEqual([]);
    expect(await stateOf(admin)).toEqual(before);
  });

  it.each(ROLES)('to let a %s hear what is for others', async (role) => {
    const connection = await nats.connect(role);
    const others = ROLES.filter((one) => one !== role).map((one) => `_INBOX_${one}.>`);
    const isNode = ['writer', 'projector', 'reader', 'all'].includes(role);
    const allowed: string[] = [];
    for (const subject of [
      ...others,
      ...EVERYTHING,
      ...(isNode ? [] : ['atlas-tail.REGISTRY.>', 'atlas-tail.JOBS.>']),
    ]) {
      const refusal = await connection.refusalOf(() => {
        connection.nc.subscribe(subject, { callback: () => undefined });
      });
      if (refusal?.includes(`Subscription to "${subject}"`) !== true) allowed.push(subject);
    }
    expect(allowed).toEqual([]);
  });

  it('a durable consumer under another name than the one that is asked for', async () => {
    const { nc } = await nats.connect('reader');
    const config = { durable_name: DURABLE, name: DURABLE, ack_policy: 'none' };
    const request = JSON.stringify({ stream_name: 'REGISTRY', config });
    const reply = await nc.request('$JS.API.CONSUMER.CREATE.REGISTRY.mine', request);
    expect(reply.json()).toMatchObject({ error: { err_code: 10_017 } });
  });

  // A consumer that pushes delivers as the server does, whatever its maker may publish to, if somebody listens there.
  it('to take delivered events for written ones, for requests, or for the newest ones', async () => {
    const { nc } = await nats.connect('reader');
    const run = await writer.api.post('/registry/job-runs', { job: 'pushed' });
    expect(run.status).toBe(201);
    const { position: stands } = await register();
    await reader.api.get('/registry/datasets', atLeast(stands));
    const before = await stateOf(admin);
    const pushTo = async (stream: string, deliver_subject: string) => {
      const config = { name: 'pusher', deliver_subject, ack_policy: 'none', deliver_policy: 'all' };
      const request = JSON.stringify({ stream_name: stream, config });
      const made = await nc.request(`$JS.API.CONSUMER.CREATE.${stream}.pusher`, request);
      expect(made.json()).not.toHaveProperty('error');
    };
    const delivered = async (stream: string): Promise<number> =>
      (await admin.jsm.consumers.info(stream, 'pusher')).delivered.stream_seq;
    const stop = async (stream: string) =>
      await nc.request(`$JS.API.CONSUMER.DELETE.${stream}.pusher`, '');
    for (const [stream, target] of [
      ['JOBS', EVENT],
      ['REGISTRY', '$KV.contracts.meta.forged.v1'],
      ['REGISTRY', '$JS.API.STREAM.PURGE.KV_contracts'],
      ['REGISTRY', `$JS.API.CONSUMER.DELETE.REGISTRY.${DURABLE}`],
    ] as const) {
      await pushTo(stream, target);
      await nc.flush();
      expect(await delivered(stream)).toBe(0);
      await stop(stream);
    }
    const tail = 'atlas-tail.REGISTRY.forged';
    nc.subscribe(tail, { callback: () => undefined });
    await pushTo('REGISTRY', tail);
    await eventually('all of it in the tail', async () => (await delivered('REGISTRY')) === stands);
    await stop('REGISTRY');
    expect(await stateOf(admin)).toEqual(before);
    const { name, position: next } = await register();
    const seen = await reader.api.get(`/registry/datasets/${name}`, atLeast(next));
    expect([next, seen.status, seen.position]).toEqual([stands + 1, 200, stands + 1]);
    const { json } = await reader.api.get('/readyz');
    expect(json.status).toBe('ready');
  });

  it('whoever shows no certificate, no key, or one that it does not know', async () => {
    const env = nats.env('reader');
    const who = { url: nats.url, name: 'stranger', connectTimeoutMs: 5_000 };
    const { NATS_NKEY_PATH: nkeyPath, NATS_CA_PATH: caPath } = env;
    const tls = { caPath, certPath: env['NATS_CERT_PATH'], keyPath: env['NATS_KEY_PATH'] };
    const credentials = { nkeyPath };
    await expect(connectBroker({ ...who, tls })).rejects.toThrow(/Authorization Violation/);
    await expect(connectBroker({ ...who, tls: { caPath }, credentials })).rejects.toThrow(
      /Cannot connect to NATS/,
    );
    await expect(connectBroker({ ...who, credentials })).rejects.toThrow(
      /unable to verify the first certificate|self-signed certificate/,
    );
  });
});
