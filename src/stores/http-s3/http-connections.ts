import { Client } from 'undici';
import type { Clock } from '#flow/clock';
import { Semaphore } from '#flow/semaphore';

export interface HttpConnectionsOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly client: Client.Options;
  /** Connections at a time. */
  readonly connectionsMax: number;
  /** Requests that may wait for one. */
  readonly waitingMax: number;
  readonly clock: Clock;
}

/** A connection for one request. The first of `keep()` and `drop()` counts. */
export interface HttpConnection {
  readonly client: Client;
  /** Leaves it to the next request. Only for replies that were read to their end. */
  keep(): void;
  /** Closes it, with whatever goes on over it. */
  drop(): void;
}

/**
 * Connections to one origin, each for one request at a time. A pool of undici's is no way to give up a request: it connects
 * anew for what was aborted, and sends nothing. Here the client is closed with its request.
 */
export class HttpConnections {
  readonly #options: HttpConnectionsOptions;
  readonly #permits: Semaphore;
  readonly #idle: Client[] = [];
  readonly #clients = new Set<Client>();
  #isClosed = false;

  constructor(options: HttpConnectionsOptions) {
    const { connectionsMax: permits, waitingMax, clock } = options;
    this.#options = options;
    this.#permits = new Semaphore({ permits, waitingMax, clock, name: 'connections' });
  }

  /**
   * Gives a connection as soon as there is one. The signal ends the wait.
   * @throws BUSY when too many wait already
   */
  async take(signal: AbortSignal): Promise<HttpConnection> {
    return await new Promise((resolve, reject) => {
      const hold = (): Promise<void> =>
        new Promise((free) => {
          resolve(this.#connection(free));
        });
      this.#permits.run(hold, { signal }).catch(reject);
    });
  }

  /** Closes all connections, with whatever goes on over them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#clients].map((client) => client.destroy()));
  }

  #connection(free: () => void): HttpConnection {
    if (this.#isClosed) throw new Error('the store is closed');
    const { origin, client: options } = this.#options;
    const client = this.#idle.pop() ?? new Client(origin, options);
    this.#clients.add(client);
    let isOver = false;
    const end = (isKept: boolean): void => {
      if (isOver) return;
      isOver = true;
      if (isKept && !client.destroyed) this.#idle.push(client);
      else {
        this.#clients.delete(client);
        void client.destroy();
      }
      free();
    };
    return { client, keep: () => end(true), drop: () => end(false) };
  }
}
