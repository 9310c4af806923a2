import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { checkHost, type GuardedLookupOptions, guardedLookup } from '#flow/private-hosts';
import type { HostList } from '#workers/host-list';

export interface OutboundOptions {
  /** Empty: every host that is public. */
  readonly hosts: HostList;
  /** Whether hosts inside one's own network may be called, and this machine without TLS. */
  readonly allowPrivateHosts: boolean;
  readonly clock: Clock;
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: NonNullable<GuardedLookupOptions['resolve']>;
}

/** One request to somebody else's server. */
export interface OutboundRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the other side says of a request, as far as anybody may know. */
export interface OutboundReply {
  readonly status: number;
  /** As `Retry-After` asks, from now. */
  readonly retryAfterMs?: number;
}

/** Signals that a request was not sent, because its target must not be called. No attempt could help. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
}

const CONNECT_MS = 5_000;
const HEADER_BYTES_MAX = 16_384;
const ANSWER_BYTES_MAX = 65_536;
// What the answer says is of no interest: it is read only so that the connection can be used again.
const ANSWER_MS = 1_000;
// Shorter than servers keep an idle connection.
const IDLE_MS = 4_000;
const CONNECTIONS_PER_HOST_MAX = 8;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Sends requests to hosts outside. Follows no redirect, asks for no compression, keeps nothing of an answer but its status.
 * Connections are made only to addresses that were checked when they were looked up.
 */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #agent: Agent;

  constructor(options: OutboundOptions) {
    this.#options = options;
    const lookup: LookupFunction = guardedLookup({ ...options, refusal });
    this.#agent = new Agent({
      connect: { timeout: CONNECT_MS, lookup },
      connections: CONNECTIONS_PER_HOST_MAX,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      pipelining: 1,
      allowH2: false,
      // The signal of the request is the deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Sends a request until its signal aborts. @throws TargetRefused; what the connection fails with */
  async send({ url: text, ...rest }: OutboundRequest, signal: AbortSignal): Promise<OutboundReply> {
    const url = this.#checked(text);
    let reply: Dispatcher.ResponseData;
    try {
      reply = await request(url, { ...rest, signal, dispatcher: this.#agent });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
    const retryAfterMs = retryAfterOf(reply.headers['retry-after'], this.#options.clock.nowMs());
    await this.#discard(reply.body, signal);
    return { status: reply.statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }

  /** Ends all connections. One that is being made ends when it stands, or after some seconds; nobody waits for that. */
  close(): void {
    this.#agent.destroy().catch(() => undefined);
  }

  #checked(text: string): URL {
    const { hosts, allowPrivateHosts } = this.#options;
    if (!URL.canParse(text)) throw refusal('its URL is not one');
    const url = new URL(text);
    const isLocal = url.protocol === 'http:' && LOOPBACK.test(url.hostname) && allowPrivateHosts;
    if (url.protocol !== 'https:' && !isLocal)
      throw refusal(`its URL begins with ${JSON.stringify(url.protocol)} (want https)`);
    if (url.username !== '' || url.password !== '') throw refusal('its URL holds credentials');
    if (!hosts.isEmpty && !hosts.has(url.hostname))
      throw refusal(`host "${url.hostname}" is not among those that may be called`);
    checkHost(url, { allowPrivateHosts, refusal });
    return url;
  }

  async #discard(body: Dispatcher.ResponseData['body'], signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    // It may fail after nobody listens any more.
    body.on('error', () => undefined);
    try {
      await withDeadline(() => body.dump({ limit: ANSWER_BYTES_MAX }), {
        ms: ANSWER_MS,
        signal,
        clock,
        error: () => new Error('The answer did not end'),
      });
    } catch {
      body.destroy();
    }
  }
}

function refusal(is: string): TargetRefused {
  return new TargetRefused(`Cannot call the target: ${is}`);
}

function retryAfterOf(
  header: string | readonly string[] | undefined,
  nowMs: number,
): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
