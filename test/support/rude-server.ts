import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { eventually } from '#test/support/wait';

/** Does as it likes with a connection, given the head of the request that came over it. */
export type Rudeness = (socket: Socket, request: string) => void;

/** A server for the replies that no decent one gives. */
export interface RudeServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The heads of the requests, in the order in which they came. */
  readonly requests: readonly string[];
  /** How many connections it has had. */
  connections(): number;
  /** Sets what it does from now on. */
  behave(rudeness: Rudeness): void;
  /** Resolves when no connection is open any more. */
  abandoned(): Promise<unknown>;
}

export interface RudeServerOptions {
  /** Speaks TLS with this key and certificate, in PEM. Default: it speaks none. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Says this to everybody who connects. Default: it waits for a request. */
  readonly greeting?: string;
}

/** Starts a server that reads a request and then behaves as it is told. */
export async function startRudeServer(options: RudeServerOptions = {}): Promise<RudeServer> {
  const { tls, greeting } = options;
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let rude: Rudeness = hang;
  let connections = 0;
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (greeting !== undefined) socket.write(greeting);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      requests.push(text);
      const request = text;
      text = '';
      rude(socket, request);
    });
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.on('tlsClientError', () => undefined);
  const port = await listen(server);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`,
    port,
    requests,
    connections: () => connections,
    behave(rudeness) {
      rude = rudeness;
    },
    abandoned: () => eventually('all connections to be closed', () => sockets.size === 0),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The header of a body in chunks. */
export const CHUNKED = { 'Transfer-Encoding': 'chunked' };

/** Never answers. */
export const hang: Rudeness = () => undefined;

/** Answers with this status, these headers and these bytes, and keeps the connection whatever they say. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Uint8Array = '',
): Rudeness {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return (socket) => {
    socket.write(`HTTP/1.1 ${status} So\r\n${lines.join('')}\r\n`);
    socket.write(body);
  };
}

/** Answers, then resets the connection when the client has everything. */
export function answerThenReset(...parts: Parameters<typeof answer>): Rudeness {
  return (socket, request) => {
    answer(...parts)(socket, request);
    socket.write('', () => setImmediate(() => socket.resetAndDestroy()));
  };
}

/** Answers, then closes the connection. */
export function answerThenClose(...parts: Parameters<typeof answer>): Rudeness {
  return (socket, request) => {
    answer(...parts)(socket, request);
    socket.end();
  };
}

/** Sends a body without an end, as fast as it is taken. */
export const endless: Rudeness = (socket, request) => endlessAs(200)(socket, request);

/** The same under any status. */
export function endlessAs(status: number): Rudeness {
  return (socket, request) => {
    answer(status, CHUNKED)(socket, request);
    endlessChunks(socket);
  };
}

function endlessChunks(socket: Socket): void {
  const size = 65_536;
  const chunk = Buffer.concat([
    Buffer.from(`${size.toString(16)}\r\n`),
    Buffer.alloc(size, 'x'),
    Buffer.from('\r\n'),
  ]);
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

/** Serves these files, and 404 for all others. */
export function files(
  bodies: Readonly<Record<string, string | Uint8Array>>,
  headers: Readonly<Record<string, string>> = {},
): Rudeness {
  return (socket, request) => {
    const body = bodies[/^GET \/(\S*) /.exec(request)?.[1] ?? ''];
    const length = { 'Content-Length': body?.length ?? 0 };
    if (body === undefined) answer(404, length)(socket, request);
    else answer(200, { ...headers, ...length }, body)(socket, request);
  };
}
