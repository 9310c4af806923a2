import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '#test/support/otlp-receiver';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';
import { openEvents } from '#test/support/sse';
import { eventually } from '#test/support/wait';

const TRACE_ID = /^[0-9a-f]{32}$/;
const NAME = 'secret-project/genes';

let receiver: OtlpReceiver;
let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  registry = await startTestRegistry({
    ATLAS_TRACES_ENDPOINT: receiver.url,
    ATLAS_TRACES_RATIO: '1',
    ATLAS_TRACES_PER_SECOND_MAX: '100000',
    ATLAS_TRACES_HEADERS: 'authorization=Bearer%20of-the-collector',
    ATLAS_TRACES_SERVICE: 'registry-of-tests',
  });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

/** Waits for the spans of a trace until all of these are there. */
async function spansOf(
  traceId: string,
  names: readonly string[],
): Promise<readonly ReceivedSpan[]> {
  return await eventually(`spans ${names.join(', ')}`, () => {
    const spans = receiver.trace(traceId);
    const missing = names.filter((name) => !spans.some((span) => span.name === name));
    return missing.length === 0 ? spans : undefined;
  });
}

function one(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0] as ReceivedSpan;
}

async function register(headers: Record<string, string> = {}) {
  return await api.post(
    '/registry/datasets',
    { name: `secret-project/${newId()}`, schema_fingerprint: 'fp' },
    headers,
  );
}

describe('one write gives one trace', () => {
  it('from the request of its client over decision and append to every view and every follower', async () => {
    const follower = await openEvents(`${api.url}/registry/events`);
    const sender = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
    const made = await register({ traceparent: `00-${sender.traceId}-${sender.spanId}-01` });
    expect(made.status).toBe(201);
    expect(made.headers.get('atlas-trace-id')).toBe(sender.traceId);
    const route = 'POST /registry/datasets';
    const spans = await spansOf(sender.traceId, [route, 'project', 'sse_send']);
    const request = one(spans, route);
    const command = one(spans, 'command');
    const append = one(spans, 'append');
    expect(request).toMatchObject({ parentSpanId: sender.spanId, kind: 2, status: 0 });
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/registry/datasets',
      'http.response.status_code': 201,
      'url.scheme': 'http',
      'atlas.class': 'command',
      'atlas.operation': 'registerDataset',
      'atlas.request_id': made.headers.get('x-request-id'),
    });
    expect(command.parentSpanId).toBe(request.spanId);
    expect(command.attributes).toMatchObject({
      'atlas.kind': 'dataset',
      'atlas.outcome': 'appended',
      'atlas.position': made.position,
    });
    expect(one(spans, 'decide').parentSpanId).toBe(command.spanId);
    expect(append.parentSpanId).toBe(command.spanId);
    expect(append.attributes).toEqual({ 'atlas.stream': 'REGISTRY', 'atlas.outcome': 'appended' });
    const views = spans.filter(({ name }) => name === 'project');
    expect(views.map(({ attributes }) => attributes['atlas.view'])).toContain('catalog');
    for (const span of [...views, one(spans, 'sse_send')]) {
      expect(span.parentSpanId).toBe(append.spanId);
      expect(span.startNs >= append.startNs).toBe(true);
    }
    expect(new Set(spans.map(({ resource }) => resource['service.name']))).toEqual(
      new Set(['registry-of-tests']),
    );
    const sent = await eventually('the event', () => follower.messages[0]);
    const { traceparent } = JSON.parse(sent.data);
    expect(traceparent).toBe(`00-${sender.traceId}-${append.spanId}-01`);
    follower.close();
  });

  it('also where it is refused, without a word from outside in names and attributes', async () => {
    const name = `secret-project/${newId()}`;
    const body = { name, schema_fingerprint: 'secret-one' };
    await api.post('/registry/datasets', body);
    const refused = await api.post('/registry/datasets', { ...body, schema_fingerprint: 'other' });
    expect(refused.status).toBe(409);
    const traceId = refused.headers.get('atlas-trace-id') ?? '';
    expect(refused.json.trace_id).toBe(traceId);
    const spans = await spansOf(traceId, ['POST /registry/datasets']);
    expect(one(spans, 'decide').attributes).toMatchObject({ 'atlas.outcome': 'reject' });
    expect(one(spans, 'command')).toMatchObject({ status: 0 });
    expect(one(spans, 'command').attributes).toMatchObject({
      'error.type': 'FINGERPRINT_CONFLICT',
      'atlas.outcome': 'refused',
    });
    expect(
      JSON.stringify(receiver.spans, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
    ).not.toContain('secret-');
  });

  it('and the collector gets it at the path of OTLP with the headers that are set', () => {
    expect(receiver.headers.length).toBeGreaterThan(0);
    for (const headers of receiver.headers)
      expect(headers).toMatchObject({
        ':path': '/v1/traces',
        authorization: 'Bearer of-the-collector',
        'content-type': 'application/json',
      });
  });
});

describe('a read of a dataset shows', () => {
  it('that its bytes came from the store, its file was opened, and how it was asked', async () => {
    await publishBytes(api, { name: NAME, bytes: geneBytes(manyGenes(50)), tables: GENE_TABLES });
    const first = await api.get(`/v1/genes?dataset=${NAME}&region=1:1-200`);
    expect(first.status).toBe(200);
    const route = 'GET /v1/genes';
    const traceId = first.headers.get('atlas-trace-id') ?? '';
    const names = [route, 'cache_lookup', 'store_fetch', 'open_db', 'admission_control'];
    const spans = await spansOf(traceId, [...names, 'query_execution']);
    expect(one(spans, 'cache_lookup').attributes).toEqual({ 'atlas.outcome': 'miss' });
    expect(one(spans, 'cache_lookup').parentSpanId).toBe(one(spans, route).spanId);
    expect(one(spans, 'store_fetch').parentSpanId).toBe(one(spans, 'cache_lookup').spanId);
    expect(one(spans, 'store_fetch').attributes).toMatchObject({
      'atlas.backend': 'localfs',
      'atlas.what': 'artifact',
      'atlas.outcome': 'ok',
    });
    expect(one(spans, 'query_execution').attributes).toMatchObject({ 'atlas.thread': 'pool' });
  });

  it('that it needed none of that the next time', async () => {
    const again = await api.get(`/v1/genes?dataset=${NAME}&gene_id=G00001`);
    const traceId = again.headers.get('atlas-trace-id') ?? '';
    const spans = await spansOf(traceId, ['GET /v1/genes', 'query_execution']);
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      'GET /v1/genes',
      'cache_lookup',
      'query_execution',
    ]);
    expect(one(spans, 'cache_lookup').attributes).toEqual({ 'atlas.outcome': 'hit' });
    const { spanId, attributes } = one(spans, 'GET /v1/genes');
    expect(attributes['atlas.request_id']).toBe(again.headers.get('x-request-id'));
    expect(one(spans, 'query_execution').parentSpanId).toBe(spanId);
  });

  it('each its own, however many are under way with others that are not traced', async () => {
    // Identical ones would share one run.
    const path = (i: number): string => `/v1/genes?dataset=${NAME}&region=1:1-${300 + i}`;
    const untraced = `00-${'ef'.repeat(16)}-${'cd'.repeat(8)}-00`;
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        api.send(path(i), i % 3 === 0 ? {} : { headers: { traceparent: untraced } }),
      ),
    );
    const traceIds = answers.map(({ headers }) => headers.get('atlas-trace-id') ?? undefined);
    expect(traceIds.map((traceId) => traceId !== undefined)).toEqual(
      answers.map((_, i) => i % 3 === 0),
    );
    for (const traceId of traceIds.filter((id) => id !== undefined)) {
      const spans = await spansOf(traceId, ['GET /v1/genes', 'cache_lookup', 'query_execution']);
      expect(spans.map(({ name }) => name).toSorted()).toEqual([
        'GET /v1/genes',
        'admission_control',
        'cache_lookup',
        'query_execution',
      ]);
    }
    expect(receiver.trace('ef'.repeat(16))).toEqual([]);
  });
});

describe('a traceparent that is none', () => {
  const id = 'ab'.repeat(16);
  it.each([
    ['is empty', ''],
    ['is longer than any', `00-${id}-${'cd'.repeat(8)}-01-${'x'.repeat(10_000)}`],
    ['has no trace id', `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`],
    ['has no span id', `00-${id}-${'0'.repeat(16)}-01`],
    ['is of a forbidden version', `ff-${id}-${'cd'.repeat(8)}-01`],
    ['is in capitals', `00-${id.toUpperCase()}-${'CD'.repeat(8)}-01`],
    ['says more than version 00 may', `00-${id}-${'cd'.repeat(8)}-01-more`],
    ['is two', `00-${id}-${'cd'.repeat(8)}-01, 00-${id}-${'cd'.repeat(8)}-01`],
    ['is something else', '../../etc/passwd%00'],
  ])('begins a trace of its own where it %s', async (_what, traceparent) => {
    const answer = await register({ traceparent, tracestate: 'secret-state=1' });
    const traceId = answer.headers.get('atlas-trace-id');
    expect(answer.status).toBe(201);
    expect(traceId).toMatch(TRACE_ID);
    expect(traceId).not.toBe(id);
  });

  it('takes a tracestate of any form without a word', async () => {
    for (const tracestate of ['', ',,,', 'x'.repeat(8_000), 'a=b,'.repeat(1_000)]) {
      const answer = await register({ traceparent: `00-${id}-${'cd'.repeat(8)}-01`, tracestate });
      expect(answer.status).toBe(201);
      expect(answer.headers.get('atlas-trace-id')).toBe(id);
    }
  });

  it('and one that says that nothing is recorded is believed', async () => {
    const answer = await register({ traceparent: `00-${id}-${'cd'.repeat(8)}-00` });
    expect(answer.status).toBe(201);
    expect(answer.headers.has('atlas-trace-id')).toBe(false);
  });
});
