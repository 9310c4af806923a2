import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server on this machine. */
export interface SlowProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on everything that the server says arrives so much later. */
  delay(ms: number): void;
  /** Ends every connection that is open. */
  cut(): void;
}

/** Starts a proxy before a port, at first without delay. */
export async function startSlowProxy(target: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let delayMs = 0;
  const sendLater = (ms: number, send: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, ms);
    timers.add(timer);
  };
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) keep(socket);
    client.on('data', (chunk) => upstream.write(chunk));
    // What was said first arrives first, though the delay has become shorter since.
    const waiting: Buffer[] = [];
    let freeMs = 0;
    upstream.on('data', (chunk) => {
      const nowMs = performance.now();
      freeMs = Math.max(freeMs, nowMs + delayMs);
      waiting.push(chunk);
      sendLater(freeMs - nowMs, () => client.write(waiting.shift() ?? ''));
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    delay(ms) {
      delayMs = ms;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
