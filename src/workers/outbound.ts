import type { Clock } from '#flow/clock';
import { discardAnswer, GuardedHttp } from '#flow/guarded-http';
import { parseOutsideUrl } from '#flow/outside-url';
import { checkHost, type GuardedLookupOptions } from '#flow/private-hosts';
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
const ANSWER_BYTES_MAX = 65_536;
const ANSWER_MS = 1_000;
const CONNECTIONS_PER_HOST_MAX = 8;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Sends requests to hosts outside. Follows no redirect, asks for no compression, keeps nothing of an answer but its status.
 * Connections are made only to addresses that were checked when they were looked up.
 */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #http: GuardedHttp;

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#http = new GuardedHttp({
      ...options,
      refusal,
      connectMs: CONNECT_MS,
      connectionsPerHostMax: CONNECTIONS_PER_HOST_MAX,
    });
  }

  /** Sends a request until its signal aborts. @throws TargetRefused; what the connection fails with */
  async send({ url: text, ...rest }: OutboundRequest, signal: AbortSignal): Promise<OutboundReply> {
    const { clock } = this.#options;
    const reply = await this.#http.send({ url: this.#checked(text), ...rest }, signal);
    const retryAfterMs = retryAfterOf(reply.headers['retry-after'], clock.nowMs());
    // What the answer says is of no interest.
    await discardAnswer(reply.body, { bytesMax: ANSWER_BYTES_MAX, ms: ANSWER_MS, signal, clock });
    return { status: reply.statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }

  /** Ends all connections. */
  close(): void {
    this.#http.close();
  }

  /** Reads the URL of a target and checks it as far as can be told without asking anybody. @throws TargetRefused */
  check(text: string): URL {
    const url = this.#checked(text);
    checkHost(url, { ...this.#options, refusal });
    return url;
  }

  #checked(text: string): URL {
    const { hosts, allowPrivateHosts } = this.#options;
    const schemes = allowPrivateHosts ? ['https:', 'http:'] : ['https:'];
    const url = parseOutsideUrl(text, { schemes, allowQuery: true, refuse: refusal });
    if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
      throw refusal('its scheme is "http:" (want https)');
    if (!hosts.isEmpty && !hosts.has(url.hostname))
      throw refusal(`host "${url.hostname}" is not among those that may be called`);
    return url;
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
