import { Redis as Client } from 'ioredis';
import { withoutCredentials } from '#clients/without-credentials';
import { quote, RegistryError } from '#domain/errors';
import { backoffMs } from '#flow/backoff';
import { systemClock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';

export interface RedisOptions {
  /** `redis://user:password@host:port/database`, or `rediss://` for TLS. All but the host may be left out. */
  readonly url: string;
  /** Longest wait for one answer. Default 50. */
  readonly commandTimeoutMs?: number;
  /** Longest wait for a connection. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Longest wait before the next attempt to connect. Default 5,000: so long a Redis that is back may stay unused. */
  readonly reconnectMs?: number;
  /** Hears of connections that failed or broke. Must not throw. */
  readonly onError?: (error: Error) => void;
}

const CLOSE_MS = 200;
const SILENCE_MS = 1_000;

/**
 * A connection to Redis that renews itself until it is closed. A command that cannot be sent at once fails at once: nothing is
 * queued, nothing is sent again.
 */
export class Redis {
  readonly #client: Client;

  /** Begins to connect. It is no error if nobody answers. @throws CANNOT_START for a URL that is not one of Redis */
  constructor(options: RedisOptions) {
    const { commandTimeoutMs = 50, connectTimeoutMs = 1_000, reconnectMs = 5_000 } = options;
    this.#client = new Client({
      ...addressOf(options.url),
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // What a broken connection left unanswered has failed already for whoever asked.
      autoResendUnfulfilledCommands: false,
      commandTimeout: commandTimeoutMs,
      connectTimeout: connectTimeoutMs,
      disconnectTimeout: CLOSE_MS,
      // Where nothing comes any more there is nobody: TCP alone would go on for a quarter of an hour.
      socketTimeout: SILENCE_MS,
      maxLoadingRetryTime: 1_000,
      connectionName: 'atlas-registry',
      retryStrategy: (attempt) => 50 + backoffMs(attempt, { baseMs: 100, capMs: reconnectMs }),
    });
    // Without a listener it writes to the console.
    this.#client.on('error', (error: Error) => options.onError?.(error));
    this.#client.connect().catch(() => undefined);
  }

  /** Whether commands can be sent now. */
  get connected(): boolean {
    return this.#client.status === 'ready';
  }

  /** Reads the first bytes of a text. Empty where the key is not there. */
  async getRange(key: string, bytesMax: number): Promise<string> {
    return await this.#client.getrange(key, 0, bytesMax - 1);
  }

  /** Writes a text that is gone after so many seconds. */
  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    await this.#client.set(key, value, 'EX', ttlSeconds);
  }

  /** Runs a script of one key. */
  async evaluate(
    script: string,
    key: string,
    values: readonly (string | number)[],
  ): Promise<unknown> {
    return await this.#client.eval(script, 1, key, ...values);
  }

  /** Ends the connection and all attempts to renew it, within a fraction of a second though nobody answers. */
  async close(): Promise<void> {
    const client = this.#client;
    // Between two attempts there is nothing to end but the timer, and no event says that it has ended.
    const hasSocket = ['connecting', 'connect', 'ready', 'close'].includes(client.status);
    const ended = new Promise<void>((resolve) => {
      client.once('end', () => resolve());
    });
    client.disconnect();
    if (!hasSocket) return;
    const error = (): Error => new Error('Cannot close Redis: it has not ended (want it ended)');
    // A frozen server never closes its side; the socket is then destroyed.
    await withDeadline(() => ended, { ms: 2 * CLOSE_MS, clock: systemClock, error }).catch(
      () => undefined,
    );
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Record<string, never>;
}

/** Takes a URL apart. The client would take what is none for the path of a socket. */
function addressOf(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const database = parsed === undefined ? null : /^\/?(\d{0,4})$/.exec(parsed.pathname);
  const isRedis = parsed?.protocol === 'redis:' || parsed?.protocol === 'rediss:';
  if (parsed === undefined || database === null || !isRedis || parsed.hostname === '') {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use REDIS_URL ${quote(withoutCredentials(url))}: it is not the URL of a Redis (want redis://host:6379)`,
    );
  }
  const [username, password] = [decoded(parsed.username), decoded(parsed.password)];
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 6_379 : Number(parsed.port),
    db: Number(database[1] ?? 0),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** Undoes the escapes of a URL. A password with a bare percent sign is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
