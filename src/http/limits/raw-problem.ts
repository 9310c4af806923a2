import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { RegistryError } from '#domain/errors';
import { retryAfterOf, toProblem } from '#http/problem';
import { HSTS, SECURITY_HEADERS } from '#http/security-headers';

/** How long a connection that is ended may still take what was written for it. */
const LINGER_MS = 1_000;

/** Writes a problem as a whole answer of HTTP/1.1, after which the connection ends: for requests that nobody could read. */
export function rawProblem(error: RegistryError, requestId: string, isTls = false): string {
  const problem = toProblem(error, { requestId, isWrite: false });
  const body = JSON.stringify({ ...problem, outcome: 'not-applied' });
  const retryAfter = retryAfterOf(error, problem.status);
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
    ...SECURITY_HEADERS,
    ...(isTls ? { [HSTS[0]]: HSTS[1] } : {}),
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = problem;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

/** Tells a client what is wrong and ends its connection, whatever else it sends. */
export function endWith(socket: Socket, error: RegistryError, requestId: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  socket.end(rawProblem(error, requestId, socket instanceof TLSSocket));
  // Destroyed at once, what it has sent and nobody has read would reset the connection before it has read the answer.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
