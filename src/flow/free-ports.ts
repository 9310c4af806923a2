import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

// Below those from which a system takes one for every connection that goes out: where a server is started again on its port, it
// would be taken every so often.
const LOWEST = 10_000;
const BEYOND = 32_000;
const TRIES_MAX = 1_000;

/** Finds ports of loopback that are free now, all different. Something else may take one before it is used: then start again. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>();
  try {
    for (let tries = 0; servers.size < count; tries += 1) {
      if (tries === TRIES_MAX)
        throw new Error(
          `Cannot find free ports: ${TRIES_MAX} were taken (want ${count} free ones)`,
        );
      const port = randomInt(LOWEST, BEYOND);
      const server = servers.has(port) ? undefined : await listenOn(port);
      if (server !== undefined) servers.set(port, server);
    }
    return [...servers.keys()];
  } finally {
    await Promise.all([...servers.values()].map(closed));
  }
}

/** Listens on a port of loopback; `undefined` where that is not possible. */
export async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Ends a server that has no connections. */
export async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
