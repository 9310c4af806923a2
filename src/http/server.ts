import {
  createServer,
  type IncomingMessage,
  type ServerOptions as NodeServerOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type Koa from 'koa';
import { quote, RegistryError } from '#domain/errors';
import { clientErrorOf } from '#http/limits/client-errors';
import type { Connections } from '#http/limits/connections';
import { HSTS } from '#http/security-headers';
import type { TlsIdentity } from '#http/tls/tls-identity';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Key and certificates. Without them it speaks HTTP, with them HTTPS alone. */
  readonly tls?: TlsIdentity | undefined;
}

/** A listening server. */
export interface HttpServer {
  /** `http://host:port`, or `https://host:port`. */
  readonly url: string;
  /** Goes on, and asks with every answer that its connection is not used again. */
  drain(): void;
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
const HANDSHAKE_TIMEOUT_MS = 10_000;
const CLOSE_IDLE_MS = 20;
const CHECK_MS = 1_000;
// Beyond the most there may be: those who are told so.
const SOCKETS_TOLD_MAX = 256;

/**
 * Listens for HTTP or HTTPS. New keys and certificates are for new connections; those that stand go on. Without a guard it is
 * bounded as Node bounds it.
 * @throws CANNOT_START when the address is taken, or cannot be bound
 */
export async function listen(
  app: Koa,
  options: ServerOptions,
  guard?: ServerGuard,
): Promise<HttpServer> {
  const { tls } = options;
  const callback = app.callback();
  const running = new Set<ServerResponse>();
  let isDraining = false;
  const drain = (): void => {
    isDraining = true;
    // A connection that closes when it is idle loses what its client sends at that moment.
    for (const response of running) response.shouldKeepAlive = false;
  };
  const handle: Handle = async (request, response) => {
    if (isDraining) response.shouldKeepAlive = false;
    if (tls !== undefined) response.setHeader(...HSTS);
    running.add(response);
    await callback(request, response);
    running.delete(response);
  };
  const { server, checking } =
    guard === undefined ? openServer(handle, tls) : guardedServer(handle, guard, tls);
  await bind(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    drain,
    close: async (graceMs) => {
      drain();
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

function openServer(handle: Handle, tls: TlsIdentity | undefined): OpenServer {
  const server = makeServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }, tls);
  server.on('request', (request, response) => void handle(request, response));
  return { server };
}

/** Makes a server; with TLS it takes nobody without a certificate where the identity asks for one. */
function makeServer(options: NodeServerOptions, tls: TlsIdentity | undefined): Server {
  if (tls === undefined) return createServer(options);
  const server = createTlsServer({
    ...options,
    ...tls.context,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    requestCert: tls.asksForCertificates,
    rejectUnauthorized: tls.asksForCertificates,
  });
  // With it go the keys of session tickets: nobody resumes what an authority allowed that no longer counts.
  tls.onRenewed((context) => server.setSecureContext(context));
  return server;
}

/** Makes a server that tells in problems whatever it refuses, before there is a request too. */
function guardedServer(
  handle: Handle,
  guard: ServerGuard,
  tls: TlsIdentity | undefined,
): OpenServer {
  const { connections, headerBytesMax, headersTimeoutMs, socketsMax } = guard;
  const own = {
    headersTimeout: headersTimeoutMs,
    // A body takes as long as it takes, as long as it comes: `Connections`.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersTimeoutMs),
    maxHeaderSize: headerBytesMax,
    // Answered with a problem by the boundary.
    requireHostHeader: false,
  };
  const server = makeServer(own, tls);
  // None is left out in silence: the boundary counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = socketsMax + SOCKETS_TOLD_MAX;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (connections.begin(request, response)) void handle(request, response);
  };
  if (tls === undefined) server.on('connection', (socket: Socket) => connections.add(socket));
  else {
    // Counted before the handshake, which takes seconds of a client that does not go on and milliseconds of this node.
    server.on('connection', (socket: Socket) => connections.arrive(socket));
    server.on('secureConnection', (socket: Socket) => connections.join(socket));
  }
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
