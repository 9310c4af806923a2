import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type Koa from 'koa';
import { quote, RegistryError } from '#domain/errors';
import { clientErrorOf } from '#http/limits/client-errors';
import type { Connections } from '#http/limits/connections';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A listening server. */
export interface HttpServer {
  /** `http://host:port`. */
  readonly url: string;
  /** Takes no new connections, lets running requests end, and cuts what is left after the time. */
  close(graceMs: number): Promise<void>;
}

/** What bounds connections and the heads of requests. */
export interface ServerGuard {
  readonly connections: Connections;
  readonly headersTimeoutMs: number;
  readonly headerBytesMax: number;
  readonly socketsMax: number;
}

const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const CLOSE_IDLE_MS = 20;
const CHECK_MS = 1_000;
// Beyond the most there may be: those who are told so.
const SOCKETS_TOLD_MAX = 256;

/**
 * Listens for HTTP. Without a guard it is bounded as Node bounds it.
 * @throws CANNOT_START when the address is taken, or cannot be bound
 */
export async function listen(
  app: Koa,
  options: ServerOptions,
  guard?: ServerGuard,
): Promise<HttpServer> {
  const handle = app.callback();
  const { server, checking } =
    guard === undefined ? openServer(handle) : guardedServer(handle, guard);
  await bind(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that falls idle later would be kept for its keep-alive time.
      const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(timer);
      clearInterval(checking);
    },
  };
}

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface OpenServer {
  readonly server: Server;
  readonly checking?: NodeJS.Timeout;
}

function openServer(handle: Handle): OpenServer {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS });
  server.on('request', (request, response) => void handle(request, response));
  return { server };
}

/** Makes a server that tells in problems whatever it refuses, before there is a request too. */
function guardedServer(handle: Handle, guard: ServerGuard): OpenServer {
  const { connections, headerBytesMax, headersTimeoutMs, socketsMax } = guard;
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    // A body takes as long as it takes, as long as it comes: `Connections`.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersTimeoutMs),
    maxHeaderSize: headerBytesMax,
    // Answered with a problem by the boundary.
    requireHostHeader: false,
  });
  // None is left out in silence: the boundary counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = socketsMax + SOCKETS_TOLD_MAX;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (connections.begin(request, response)) void handle(request, response);
  };
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', answer);
  // The route says when it wants the body.
  server.on('checkContinue', answer);
  server.on('checkExpectation', ({ socket, headers }) => {
    connections.end(socket, cannotExpect(headers.expect));
  });
  server.on('connect', (_request, socket) => connections.end(socket as Socket, noTunnel()));
  server.on('clientError', (error, socket) => {
    const told = clientErrorOf(error, headerBytesMax);
    if (told === undefined) socket.destroy();
    else connections.end(socket as Socket, told);
  });
  return { server, checking: setInterval(() => connections.check(), CHECK_MS).unref() };
}

function cannotExpect(expect: string | undefined): RegistryError {
  return new RegistryError(
    'EXPECTATION_FAILED',
    `Cannot meet Expect ${quote(expect ?? '')}: it is not known (want 100-continue, or none)`,
    { outcome: 'not-applied' },
  );
}

function noTunnel(): RegistryError {
  return new RegistryError(
    'METHOD_NOT_ALLOWED',
    'Cannot CONNECT: this is no proxy (want one of GET /openapi.json)',
    { outcome: 'not-applied' },
  );
}

function bind(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const is =
        error.code === 'EADDRINUSE' ? 'the address is in use by another process' : error.message;
      reject(
        new RegistryError(
          'CANNOT_START',
          `Cannot listen on "${host}:${port}": ${is} (want a free one: set BIND_ADDR, for example BIND_ADDR=127.0.0.1:${port + 1})`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
