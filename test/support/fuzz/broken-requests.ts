import { connect } from 'node:net';
import { oneOf } from '#test/support/fuzz/fuzz-values';
import type { Seeded } from '#test/support/seed';

const ANSWER_MS_MAX = 5_000;
const LINE_MAX = 40_000;

/** What came back for bytes: text, or nothing when the connection was closed without a word. */
export interface RawAnswer {
  readonly text: string;
  /** Whether the server let the connection hang until the time was over. */
  readonly isHung: boolean;
}

const METHODS = ['GET', 'POST', 'PUT', 'get', 'GE T', 'FOO', 'CONNECT', 'TRACE', 'PRI', '', '\0'];
const TARGETS = [
  '/registry/datasets',
  '*',
  'http://evil.example/registry/datasets',
  '//evil.example/x',
  '/registry/datasets/a b',
  '/registry/datasets/\u0000',
  '/registry/datasets/\u00ff\u00fe',
  '/registry\\datasets',
  '/#/registry/datasets',
  '/registry/datasets?%',
  '/%',
  '?',
  '',
  `/${'x'.repeat(LINE_MAX)}`,
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', ''];
const HEADERS = [
  'Host: localhost',
  'Host: localhost\r\nHost: b',
  'Host:',
  'Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked',
  'Host: localhost\r\nContent-Length: 5\r\nContent-Length: 6',
  'Host: localhost\r\nContent-Length: -1',
  'Host: localhost\r\nContent-Length: 1e3',
  'Host: localhost\r\nTransfer-Encoding: xchunked',
  'Host: localhost\r\nTransfer-Encoding: chunked, identity',
  'Host: localhost\r\nAtlas-Tenant: a\u0000b',
  'Host: localhost\r\nAtlas-Tenant: a\r\n b',
  'Host: localhost\r\nAtlas Tenant: a',
  'Host: localhost\r\n: a',
  'Host: localhost\r\nIf-Match: "\u00ff\u00fe"',
  'Host: localhost\r\nAuthorization: Bearer \u0080',
  'Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade',
  'Host: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings',
  'Host: localhost\r\nExpect: 100-continue',
  'Host: localhost\r\nExpect: 200-maybe',
  `Host: localhost\r\nX: ${'x'.repeat(LINE_MAX)}`,
  `Host: localhost\r\n${'X: y\r\n'.repeat(5_000)}Z: z`,
  'Host: a\nX: y',
];
const BODIES = [
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'zz\r\nx',
  '-1\r\n',
  'ffffffffffffffff\r\nx',
];

/** Makes a request as no library sends it. */
export function brokenRequest(random: Seeded): Buffer {
  const line = [METHODS, TARGETS, VERSIONS].map((words, index) =>
    // Most are right, so that the rest of the request is looked at.
    random.next() < 0.6 ? (words[0] ?? '') : oneOf(random, index === 0 ? METHODS : words),
  );
  const text = `${line.join(' ')}\r\n${oneOf(random, HEADERS)}\r\n\r\n${oneOf(random, BODIES)}`;
  const bytes = Buffer.from(text, 'latin1');
  if (random.next() < 0.2) bytes[random.int(bytes.length)] = random.int(256);
  return random.next() < 0.1 ? bytes.subarray(0, random.int(bytes.length)) : bytes;
}

/** Sends bytes over a connection of their own, says that no more come, and reads what comes back. */
export async function sendBytes(url: string, bytes: Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let isHung = false;
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const timer = setTimeout(() => {
      isHung = true;
      socket.destroy();
    }, ANSWER_MS_MAX);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A reset is an end too: the server need not read what it has refused.
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ text: Buffer.concat(chunks).toString('latin1'), isHung });
    });
    socket.end(bytes);
  });
}
