import {
  ClientError,
  type Outcome,
  ResponseError,
  readError,
  TimedOutError,
  UnauthenticatedError,
  UnexpectedAnswerError,
  UnreachableError,
} from '#api-client/errors';
import { isHeldBack, Retries, type RetryOptions } from '#api-client/retries';

/** Who sends requests: a token or API key, or what gives one for each request. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

export interface TransportOptions {
  /** Where the registry is, such as `https://registry.example.org`. */
  readonly url: string;
  /** Default: none. A function is asked before every request, and again when its token was refused. */
  readonly token?: TokenSource | undefined;
  /** Default: the `fetch` of the platform. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Go with every request. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The longest time for one attempt and its answer; less where less is left of `budgetMs`. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Aborts every request. Default: nothing does. */
  readonly signal?: AbortSignal | undefined;
}

/** One request as it is sent, each time that it is. */
export interface Sending {
  readonly method: string;
  /** With its query; stands behind the URL of the registry. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What gives a stream is asked for a new one at each attempt. */
  readonly body?: string | Uint8Array | Blob | (() => ReadableStream<Uint8Array>) | undefined;
  /** Whether sending it twice does the same as sending it once. */
  readonly isRepeatable: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Zero: none, for answers that go on. Default: that of the transport. */
  readonly timeoutMs?: number | undefined;
}

/** A third of the budget of a request: an attempt that hangs leaves time for another one. */
const TIMEOUT_MS = 10_000;
/** What says that no connection came about: nothing of the request was sent. */
const UNSENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TOKEN = /^[A-Za-z0-9._~+/=-]{1,8192}$/;

/** Sends requests to one registry, and again where that is right. */
export class Transport {
  readonly retries: Retries;
  /** Aborts every request. */
  readonly signal: AbortSignal | undefined;
  readonly #base: string;
  readonly #options: TransportOptions;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: TransportOptions) {
    this.#base = options.url.replace(/\/+$/, '');
    this.#options = options;
    this.signal = options.signal;
    // Called on its own: browsers refuse a `fetch` that is called as the method of something else.
    const { fetch = globalThis.fetch } = options;
    this.#fetch = async (input, init) => await fetch(input, init);
    this.retries = new Retries(options.retry);
  }

  /**
   * Sends a request, reads its answer, and repeats both where it may.
   * @throws ClientError, or the reason of a signal that was aborted
   */
  async exchange<T>(sending: Sending, read: (response: Response) => Promise<T>): Promise<T> {
    const { timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS } = sending;
    // What takes as long as it takes, such as an upload, is asked for its pauses alone.
    const isTimed = timeoutMs > 0;
    let spentMs = 0;
    let wasRenewed = false;
    let mayBeDone = false;
    for (let attempt = 1; ; attempt += 1) {
      const token = await this.#token();
      const began = Date.now();
      // The first attempt has its whole time, whatever somebody has set.
      const leftMs =
        spentMs === 0 ? timeoutMs : Math.max(1, Math.ceil(this.retries.budgetMs - spentMs));
      try {
        const own = { ...sending, timeoutMs: Math.min(timeoutMs, leftMs) };
        const value = await this.#attempt(own, token, read);
        this.retries.succeeded();
        return value;
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        if (outcomeOf(sending.method) !== undefined) mayBeDone = isOpen(error, mayBeDone);
        if (!wasRenewed && (await this.#hasAnotherToken(error, token))) {
          wasRenewed = true;
          continue;
        }
        const { isRepeatable } = sending;
        if (isTimed) spentMs += Date.now() - began;
        const failed = { error, attempt, elapsedMs: spentMs, isRepeatable };
        const pauseMs = this.retries.pauseBefore(failed);
        if (pauseMs === undefined) throw error;
        if (isHeldBack(error)) attempt -= 1;
        await pause(pauseMs, this.#signals(sending));
        spentMs += pauseMs;
      }
    }
  }

  async #attempt<T>(
    sending: Sending & { readonly timeoutMs: number },
    token: string | undefined,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { method, path, headers, body, timeoutMs } = sending;
    const own = this.#signals(sending);
    for (const signal of own) signal.throwIfAborted();
    const timeout = timeoutMs === 0 ? [] : [AbortSignal.timeout(timeoutMs)];
    // Made here: a header that cannot be one is a mistake of the caller, not of the connection.
    const sent = new Headers({
      ...this.#options.headers,
      ...headers,
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    });
    try {
      const response = await this.#fetch(`${this.#base}${path}`, {
        method,
        headers: Object.fromEntries(sent),
        // Followed, a command would become a read, and would go with its headers to whoever is named.
        redirect: 'manual',
        signal: AbortSignal.any([...own, ...timeout]),
        ...bodyOf(body),
      });
      if (isRedirect(response)) throw this.#leadsElsewhere(response, method, path);
      if (!response.ok && response.status !== 304) throw await readError(response);
      return await read(response);
    } catch (error) {
      for (const signal of own) signal.throwIfAborted();
      if (timeout.some(({ aborted }) => aborted))
        throw new TimedOutError(
          `Cannot ask ${method} ${pathOf(path)}: no answer came within ${timeoutMs} ms (want a registry that answers)`,
          outcomeOf(method),
        );
      if (!isNetworkFault(error)) throw error;
      const is = codeOf(error) ?? 'the connection was cut';
      throw new UnreachableError(
        `Cannot ask ${method} ${pathOf(path)}: the registry does not answer (${is})`,
        outcomeOf(method) && (UNSENT.has(is) ? 'not-applied' : 'unknown'),
        error,
      );
    }
  }

  /** A token that was refused may have ended on its way. */
  async #hasAnotherToken(error: ClientError, token: string | undefined): Promise<boolean> {
    if (!(error instanceof UnauthenticatedError)) return false;
    return typeof this.#options.token === 'function' && (await this.#token()) !== token;
  }

  async #token(): Promise<string | undefined> {
    const { token: source } = this.#options;
    const token = typeof source === 'function' ? await source() : source;
    if (token === undefined || token === '') return undefined;
    // Whoever sends a header that cannot be one is told of it, value and all.
    if (!TOKEN.test(token))
      throw new TypeError(
        'Cannot use the token: it is no bearer token (want letters, digits and . _ ~ + / = -)',
      );
    return token;
  }

  #leadsElsewhere(response: Response, method: string, path: string): UnexpectedAnswerError {
    void response.body?.cancel().catch(() => undefined);
    const location = response.headers.get('location');
    const isKnown = location !== null && URL.canParse(location, this.#base);
    const there = isKnown ? new URL(location, this.#base) : undefined;
    // What stands behind the path may hold what nobody else should read. Browsers do not say where it leads.
    const where = there === undefined ? 'elsewhere' : `to ${there.origin}${there.pathname}`;
    const { status } = response;
    return new UnexpectedAnswerError(
      `Cannot ask ${method} ${pathOf(path)}: the answer leads ${where} (want the address of the registry itself)`,
      // Whoever leads elsewhere has not handed it on: a registry does not.
      { status, outcome: outcomeOf(method) && 'not-applied' },
    );
  }

  #signals({ signal }: Sending): readonly AbortSignal[] {
    return [this.signal, signal].filter((one) => one !== undefined);
  }
}

function bodyOf(body: Sending['body']): object {
  if (body === undefined) return {};
  return typeof body === 'function' ? { body: body(), duplex: 'half' } : { body };
}

/** Waits, or throws the reason of the first signal that is aborted. */
export async function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals]);
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
  signal.throwIfAborted();
}

function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304);
}

/** What `fetch` throws where a connection fails: a TypeError everywhere, in Node and in browsers. */
function isNetworkFault(error: unknown): boolean {
  return error instanceof TypeError;
}

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

/**
 * Tells whether a write may have been done by any of its attempts, and lets its error say so: what the last one says of itself
 * settles nothing of those before it, unless the registry has judged the command.
 */
function isOpen(error: ClientError, wasOpen: boolean): boolean {
  const { status, outcome } = error;
  const isHeld = status === 429;
  const isJudged = error instanceof ResponseError && error.status < 500 && !isHeld;
  const isNowOpen = !isJudged && (wasOpen || (outcome !== 'not-applied' && !isHeld));
  if (isNowOpen) Object.assign(error, { outcome: 'unknown' satisfies Outcome });
  return isNowOpen || outcome === 'unknown';
}

function outcomeOf(method: string): Outcome | undefined {
  return method === 'GET' || method === 'HEAD' ? undefined : 'unknown';
}

/** Queries may hold what nobody else should read. */
function pathOf(path: string): string {
  return path.split('?')[0] ?? path;
}
