import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('the API as a whole', () => {
  it('/healthz says OK', async () => {
    const answer = await api.get('/healthz');
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
  });

  it('/readyz names every part and how far each view is', async () => {
    const answer = await api.get('/readyz');
    expect(answer.json.status).toBe('ready');
    expect(answer.json.parts.map((p: { name: string }) => p.name)).toEqual([
      'log',
      'catalog',
      'contracts-kv',
      'manifest-files',
      'registry-stores',
      'job-runs',
      'audit-anchors-store-registry',
      'audit-anchors-store-jobs',
      'load',
    ]);
  });

  it('/openapi.json is OpenAPI 3.1 that describes every operation once, with its errors', async () => {
    const document = await api.document();
    expect(document).toMatchObject({ openapi: '3.1.0' });
    const operations = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods),
    ) as unknown as {
      operationId: string;
      responses: object;
    }[];
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { responses } of operations) expect(Object.keys(responses)).toContain('503');
  });

  it('an unknown path is 404 and an unknown method 405 that says which there are', async () => {
    const missing = await api.send('/nope', { undocumented: true });
    expect(missing.json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const wrong = await api.send('/registry/contracts', { method: 'DELETE', undocumented: true });
    expect(wrong.json).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('every answer carries a request id of its own', async () => {
    const ids = [await api.get('/healthz'), await api.get('/healthz')].map((a) =>
      a.headers.get('x-request-id'),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('HEAD is GET without the body', async () => {
    const head = await api.send('/catalog', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('etag')).toMatch(/^"/);
  });

  it('a body that ends early is an error of its client alone', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /registry/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na',
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await api.get('/healthz')).status).toBe(200);
  });
});
