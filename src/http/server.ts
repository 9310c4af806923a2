import { createServer, type Server } from 'node:http';
import type Koa from 'koa';
import { RegistryError } from '#domain/errors';

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

// Node's defaults are a minute and more: a client that sends its headers byte by byte holds a socket that long.
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const CLOSE_IDLE_MS = 20;

/**
 * Listens for HTTP.
 * @throws CANNOT_START when the address is taken, or cannot be bound
 */
export async function listen(app: Koa, options: ServerOptions): Promise<HttpServer> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 2_000,
  });
  const handle = app.callback();
  server.on('request', (request, response) => void handle(request, response));
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
    },
  };
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
