import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE } from '#domain/scope';
import {
  type ActionBed,
  actionOf,
  failedRun,
  openActionBed,
  outboundOf,
  secretsOf,
} from '#test/support/action-bed';
import { type HookServer, startHookServer, status } from '#test/support/hook-server';
import { idempotencyIdOf } from '#workers/action-attempt';

let server: HookServer;
let bed: ActionBed;
beforeEach(async () => {
  server = await startHookServer();
  bed = openActionBed({
    secrets: secretsOf({ 'hooks/a': 'k3y', 'hooks/url': `${server.url}/s3cret?sig=x` }),
  });
});
afterEach(async () => {
  bed[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const webhook = (rest: object = {}) =>
  actionOf('CALL_WEBHOOK', { target: { url: server.url, secretName: 'hooks/a', ...rest } });
const ID = idempotencyIdOf(DEFAULT_SCOPE, 'run-1', 0);

describe('CALL_WEBHOOK', () => {
  it('sends the run with a signature that the receiver can compute', async () => {
    expect(await bed.carryOut(webhook({ headers: { 'X-Team': 'data' } }))).toEqual({
      outcome: 'succeeded',
      detail: 'HTTP 200',
    });
    const [request] = server.requests;
    const { headers, body = '' } = request ?? {};
    expect(request?.method).toBe('POST');
    expect(JSON.parse(body)).toMatchObject({
      id: ID,
      type: 'job-run.finished',
      time: '2026-03-01T12:00:00.000Z',
      tenant: 'default',
      environment: 'dev',
      run: {
        id: 'run-1',
        job: 'orders.check',
        status: 'failed',
        findings: { error: 3 },
        message: 'Three rows are wrong',
      },
    });
    const [, time, given] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers?.['atlas-signature'])) ?? [];
    expect(given).toBe(createHmac('sha256', 'k3y').update(`${time}.${body}`).digest('hex'));
    expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(30);
    expect(headers).toMatchObject({
      'idempotency-key': ID,
      'atlas-event-id': ID,
      'content-type': 'application/json',
      'x-team': 'data',
    });
  });

  it('sends the same body and id in every attempt, and another id for another action, run or scope', async () => {
    await bed.carryOut(webhook());
    await bed.carryOut(webhook());
    expect(server.requests[0]?.body).toBe(server.requests[1]?.body);
    const { tenant } = DEFAULT_SCOPE;
    const other = { tenant, environment: 'prod' as typeof DEFAULT_SCOPE.environment };
    const ids = [
      ID,
      idempotencyIdOf(DEFAULT_SCOPE, 'run-1', 1),
      idempotencyIdOf(DEFAULT_SCOPE, 'run-2', 0),
      idempotencyIdOf(other, 'run-1', 0),
    ];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('lets no header of the target take the place of its own', async () => {
    await bed.carryOut(webhook({ headers: { 'Idempotency-Key': 'x', 'User-Agent': 'y' } }));
    expect(server.requests[0]?.headers).toMatchObject({
      'idempotency-key': ID,
      'user-agent': 'atlas-registry',
    });
  });

  it.each([
    [500, 'failed'],
    [503, 'failed'],
    [408, 'failed'],
    [425, 'failed'],
    [429, 'failed'],
    [400, 'dead'],
    [401, 'dead'],
    [404, 'dead'],
    [410, 'dead'],
    [301, 'dead'],
    [307, 'dead'],
    [204, 'succeeded'],
  ])('takes HTTP %i as %s', async (code, outcome) => {
    server.behave(status(code, { Location: 'http://169.254.169.254/' }));
    const result = await bed.carryOut(webhook());
    expect(result.outcome).toBe(outcome);
    expect(result.detail).toContain(`HTTP ${code}`);
    expect(server.requests).toHaveLength(1);
  });

  it('hears for how long the receiver wants to be left alone', async () => {
    server.behave(status(429, { 'Retry-After': '7' }));
    expect(await bed.carryOut(webhook())).toEqual({
      outcome: 'failed',
      detail: 'HTTP 429',
      retryAfterMs: 7_000,
    });
  });

  it('says what is wrong with a secret without a request, and shows neither it nor a secret URL', async () => {
    const missing = await bed.carryOut(webhook({ secretName: 'hooks/none' }));
    expect(missing).toEqual({
      outcome: 'failed',
      detail: 'Cannot use secret "hooks/none": it is not there',
    });
    expect(server.requests).toEqual([]);
    const hidden = actionOf('CALL_WEBHOOK', { target: { urlSecretName: 'hooks/url' } });
    server.behave(status(404));
    const told = [await bed.carryOut(hidden)];
    expect(server.requests[0]?.path).toBe('/hook/s3cret?sig=x');
    server.behave((response) => response.destroy());
    told.push(await bed.carryOut(hidden));
    using refusing = openActionBed({
      secrets: bed.parts.secrets,
      outbound: outboundOf({ allowPrivateHosts: false }),
    });
    told.push(await refusing.carryOut(hidden));
    expect(told.map(({ outcome }) => outcome)).toEqual(['dead', 'failed', 'dead']);
    expect(JSON.stringify(told)).not.toContain('s3cret');
  });

  it('is dead at once when the name of the target leads to a private address', async () => {
    const outbound = outboundOf({ allowPrivateHosts: false, addresses: ['10.0.0.1'] });
    using guarded = openActionBed({ outbound });
    const action = actionOf('CALL_WEBHOOK', { target: { url: 'https://hooks.example/' } });
    expect(await guarded.carryOut(action)).toMatchObject({
      outcome: 'dead',
      detail: expect.stringContaining('has the private address'),
    });
  });

  it('fails for now when nobody listens', async () => {
    const action = actionOf('CALL_WEBHOOK', { target: { url: 'http://127.0.0.1:9/' } });
    expect(await bed.carryOut(action)).toEqual({
      outcome: 'failed',
      detail: 'The request failed: ECONNREFUSED',
    });
  });
});

describe('OPEN_TICKET', () => {
  it('sends the title as it is and the run as text', async () => {
    const parameters = {
      project: 'DATA',
      title: 'A run failed',
      priority: 'high',
      labels: ['data'],
    };
    const action = actionOf('OPEN_TICKET', { target: { url: server.url }, ...parameters });
    expect(await bed.carryOut(action)).toMatchObject({ outcome: 'succeeded' });
    const document = JSON.parse(server.requests[0]?.body ?? '') as { body: string };
    expect(document).toEqual({ ...parameters, idempotencyId: ID, body: expect.any(String) });
    expect(document.body.split('\n')).toEqual([
      'Job: orders.check',
      'Status: failed',
      'Run: run-1',
      'Completed: 2026-03-01T12:00:00.000Z',
      'Message: Three rows are wrong',
      'Findings: 3 error',
      'Counts: rows 7',
      'Scope: default/dev',
    ]);
  });
});

describe('EMIT_LINEAGE', () => {
  it('records the event here, or sends it to a target', async () => {
    expect(await bed.carryOut(actionOf('EMIT_LINEAGE', { namespace: 'atlas' }))).toEqual({
      outcome: 'succeeded',
      detail: 'recorded here',
    });
    const target = { url: server.url };
    await bed.carryOut(actionOf('EMIT_LINEAGE', { namespace: 'atlas', target }));
    expect(bed.recorded).toMatchObject([{ scope: DEFAULT_SCOPE, document: { eventType: 'FAIL' } }]);
    expect(server.requests[0]?.body).toBe(canonicalJson(bed.recorded[0]?.document));
  });

  it('is dead when this registry refuses the event, and fails for now when its log is away', async () => {
    const refusing = (code: 'INVALID_REQUEST' | 'LOG_UNAVAILABLE') => ({
      record: async () => await Promise.reject(new RegistryError(code, 'Cannot record')),
    });
    const action = actionOf('EMIT_LINEAGE', { namespace: 'atlas' });
    using refused = openActionBed({ lineage: refusing('INVALID_REQUEST') });
    expect(await refused.carryOut(action)).toEqual({ outcome: 'dead', detail: 'Cannot record' });
    using away = openActionBed({ lineage: refusing('LOG_UNAVAILABLE') });
    await expect(away.carryOut(action)).rejects.toThrow('Cannot record');
  });
});

describe('STORE_RESULTS', () => {
  it('keeps the same bytes under their digest in every attempt', async () => {
    const action = actionOf('STORE_RESULTS', { prefix: 'runs/orders', retentionDays: 30 });
    const first = await bed.carryOut(action);
    expect(await bed.carryOut(action)).toEqual(first);
    const [sha256, bytes] = [...bed.stored][0] ?? ['', Buffer.alloc(0)];
    expect(bed.stored.size).toBe(1);
    expect(sha256Of(bytes)).toBe(sha256);
    expect(first).toEqual({
      outcome: 'succeeded',
      detail: `sha256 ${sha256}, ${bytes.length} bytes, runs/orders/run-1.json`,
    });
    const text = bytes.toString();
    expect(canonicalJson(JSON.parse(text))).toBe(text);
    expect(JSON.parse(text)).toMatchObject({
      tenant: 'default',
      path: 'runs/orders/run-1.json',
      run: { id: 'run-1' },
    });
  });

  it('says nothing of the actions of the run: they change while it is kept', async () => {
    const action = actionOf('STORE_RESULTS', { prefix: 'runs' });
    const first = await bed.carryOut(action);
    expect(await bed.carryOut(action, failedRun({ actions: [] }))).toEqual(first);
  });
});
