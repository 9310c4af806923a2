import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECURITY_HEADERS } from '#http/security-headers';
import { openRaw, parseAnswer, type RawAnswer, sendRaw } from '#test/support/raw-client';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

let started: TestRegistry;
let url: string;
beforeAll(async () => {
  started = await startTestRegistry({
    ATLAS_URI_LENGTH_MAX: '2048',
    ATLAS_HEADERS_MAX: '40',
    ATLAS_HEADER_BYTES_MAX: '8192',
    ATLAS_QUERY_PARAMETERS_MAX: '10',
    ATLAS_QUERY_VALUE_LENGTH_MAX: '500',
    ATLAS_JSON_BYTES_MAX: '100000',
    ATLAS_ARTIFACT_BYTES_MAX: '100000',
  });
  ({ url } = started.registry);
});
afterAll(async () => await started[Symbol.asyncDispose]());

const many = (count: number): string =>
  Array.from({ length: count }, (_, index) => `X-${index}: y\r\n`).join('');
const get = (target: string, headers = 'Host: localhost\r\n'): string =>
  `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`;
const post = (headers: string, body = ''): string =>
  `POST /registry/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;

function expectProblem(answer: RawAnswer, status: number, code: string): void {
  expect([answer.status, answer.json?.code]).toEqual([status, code]);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  for (const [name, value] of Object.entries(SECURITY_HEADERS))
    expect(answer.headers[name.toLowerCase()]).toBe(value);
  expect(answer.json.instance).toContain(answer.headers['x-request-id']);
  expect(answer.json.detail).toMatch(/^Cannot .*: .* \(want .*\)$/s);
  expect(answer.json.type).toMatch(/^urn:atlas-registry:problem:/);
}

describe('what is refused before there is a request is told as a problem too', () => {
  it.each<[string, string, number, string]>([
    ['bytes that are no HTTP', '\u0016\u0003\u0001 no\r\n\r\n', 400, 'INVALID_REQUEST'],
    ['an unknown method', 'FROB / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'INVALID_REQUEST'],
    ['another version', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n', 400, 'INVALID_REQUEST'],
    ['no host', get('/healthz', ''), 400, 'INVALID_REQUEST'],
    [
      'a header without a name',
      get('/healthz', 'Host: localhost\r\n: y\r\n'),
      400,
      'INVALID_REQUEST',
    ],
    [
      'a folded header',
      get('/healthz', 'Host: localhost\r\nA: b\r\n c\r\n'),
      400,
      'INVALID_REQUEST',
    ],
    ['an address beyond its limit', get(`/${'x'.repeat(3_000)}`), 414, 'URI_TOO_LONG'],
    ['an address beyond all headers', get(`/${'x'.repeat(20_000)}`), 414, 'URI_TOO_LONG'],
    [
      'too many headers',
      get('/healthz', `Host: localhost\r\n${many(60)}`),
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'too large headers',
      get('/healthz', `Host: localhost\r\nX: ${'y'.repeat(9_000)}\r\n`),
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'lengths that disagree',
      post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'),
      400,
      'INVALID_REQUEST',
    ],
    [
      'a length and chunks',
      post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
      400,
      'INVALID_REQUEST',
    ],
    [
      'a chunk without a size',
      post('Transfer-Encoding: chunked\r\n', 'zz\r\n'),
      400,
      'INVALID_REQUEST',
    ],
    [
      'extensions of chunks without end',
      post('Transfer-Encoding: chunked\r\n', `2;${'x'.repeat(20_000)}\r\n{}\r\n`),
      413,
      'TOO_LARGE',
    ],
    ['an expectation', post('Content-Length: 2\r\nExpect: tea\r\n'), 417, 'EXPECTATION_FAILED'],
    ['a trace', 'TRACE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
    ['a tunnel', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
    ['too many parameters', get(`/registry/datasets?${'a=1&'.repeat(11)}`), 400, 'INVALID_REQUEST'],
    ['a long parameter', get(`/registry/datasets?a=${'x'.repeat(600)}`), 400, 'INVALID_REQUEST'],
    ['a parameter twice', get('/registry/datasets?limit=1&limit=2'), 400, 'INVALID_REQUEST'],
    [
      'a parameter twice, written in two ways',
      get('/registry/datasets?limit=1&%6cimit=2'),
      400,
      'INVALID_REQUEST',
    ],
  ])('%s', async (_what, bytes, status, code) => {
    expectProblem(await sendRaw(url, bytes), status, code);
  });

  it('a body over its limit, told by its length before a byte of it came', async () => {
    expectProblem(await sendRaw(url, post('Content-Length: 9999999\r\n')), 413, 'TOO_LARGE');
  });

  it('a body in chunks without end, cut off at its limit', async () => {
    using client = openRaw(url);
    client.write(post('Transfer-Encoding: chunked\r\n'));
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const timer = setInterval(() => client.write(chunk), 1);
    expectProblem(await client.answer(), 413, 'TOO_LARGE');
    clearInterval(timer);
    expect(client.socket.bytesWritten).toBeLessThan(5_000_000);
  });

  it('an upload over its limit, of which nothing stays', async () => {
    const head = `PUT /registry/artifacts/${'ab'.repeat(32)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const bytes = `${head}Content-Length: 150000\r\n\r\n${'x'.repeat(150_000)}`;
    expectProblem(await sendRaw(url, bytes), 413, 'TOO_LARGE');
  });
});

describe('a connection', () => {
  it('is asked for the body it has announced only by the route that wants it', async () => {
    using client = openRaw(url);
    client.write(post('Content-Length: 2\r\nExpect: 100-continue\r\n'));
    await eventually('the word to go on', () => client.received().includes('100 Continue'));
    client.write('{}');
    await eventually('the answer', () => client.received().includes('problem+json'));
    using refused = openRaw(url);
    refused.write(
      'POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
    );
    expectProblem(await refused.answer(), 404, 'NOT_FOUND');
    expect(refused.received()).not.toContain('100 Continue');
  });

  it('with more requests than anybody needs to have open is cut', async () => {
    using client = openRaw(url);
    client.write('GET /registry/datasets HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2_000));
    await client.closed;
    expect(client.received().split('HTTP/1.1 200').length).toBeLessThan(100);
  });

  it('may hold some requests in a row, which are answered in order', async () => {
    using client = openRaw(url);
    client.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(9) + get('/healthz'));
    await client.closed;
    expect(client.received().split('HTTP/1.1 200').length - 1).toBe(10);
    expect(parseAnswer(client.received()).body).toContain('OK');
  });
});
