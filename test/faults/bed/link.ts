import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What a link does with bytes:
 * `open`   hands them on;
 * `cut`    ends every connection and takes no new one;
 * `hole`   swallows nothing and hands on nothing, in both directions: as if the cable were pulled;
 * `deaf`   hands on what the client says and nothing of what the server says.
 */
export type LinkMode = 'open' | 'cut' | 'hole' | 'deaf';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands between one client and one server on this machine and can fail in the ways of a network. */
export class Link implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: () => number;
  readonly #pairs = new Set<Pair>();
  #mode: LinkMode = 'open';
  #delayMs = 0;
  /** Bytes that were held back or refused since it was last opened. */
  #held = 0;

  private constructor(server: Server, target: () => number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Opens a link to the port that `target` names at each connection. */
  static async open(target: () => number): Promise<Link> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Link(server, target);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  /** How many connections and chunks a fault has stopped: what shows that it had an effect. */
  get held(): number {
    return this.#held;
  }

  /** Fails, or heals. */
  set(mode: LinkMode, delayMs = 0): void {
    this.#mode = mode;
    this.#delayMs = delayMs;
    if (mode === 'open' && delayMs === 0) this.#held = 0;
    for (const pair of this.#pairs) {
      if (mode === 'cut') {
        this.#held += 1;
        pair.client.destroy();
      } else this.#flow(pair);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#mode === 'cut') {
      this.#held += 1;
      client.destroy();
      return;
    }
    const server = connect(this.#target(), '127.0.0.1');
    server.on('error', () => undefined);
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on('close', end);
    server.on('close', end);
    client.on('data', (chunk) => this.#hand(chunk, server));
    server.on('data', (chunk) => this.#hand(chunk, client));
    this.#flow(pair);
  }

  /** A direction that does not flow is not read: its bytes wait where they would wait on a dead network. */
  #flow({ client, server }: Pair): void {
    if (this.#mode === 'hole') {
      this.#held += 1;
      client.pause();
    } else client.resume();
    if (this.#mode === 'hole' || this.#mode === 'deaf') {
      this.#held += 1;
      server.pause();
    } else server.resume();
  }

  #hand(chunk: Buffer, to: Socket): void {
    if (this.#delayMs === 0) {
      to.write(chunk);
      return;
    }
    this.#held += 1;
    // Timers of one length fire in their order: nothing overtakes.
    setTimeout(() => to.write(chunk), this.#delayMs).unref();
  }
}
