import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Position } from '#domain/position';
import { matchesEtag } from '#http/conditional';
import { POSITION_HEADER } from '#http/consistency';
import type { PositionedView } from '#http/dependencies';
import { labelOf, type RequestLabel } from '#http/request-label';
import type { Reply, Route } from '#http/route';
import { VARY } from '#http/scope';
import { SECURITY_HEADER_LIST } from '#http/security-headers';

/** A reply that was sent before and is the same for whoever asks the same. */
export interface HotReply {
  readonly etag: string | undefined;
  /** Names and values in turn, without those that belong to one request. */
  readonly headers: readonly string[];
  /** The same without those of the body. */
  readonly headersWithoutBody: readonly string[];
  readonly body: Buffer;
  /** Whether it stays right whatever is written; else it is right at `position` alone. */
  readonly isImmutable: boolean;
  /** What requests for it are about. */
  readonly label: RequestLabel;
  readonly position: Position;
}

export interface HotReadOptions {
  /** What the replies show. */
  readonly view: PositionedView;
  /** Memory for all of them; what was kept first goes first. 0 keeps nothing. */
  readonly bytesMax: number;
}

// A list page of a thousand rows is not what many clients ask for.
const ENTRY_BYTES_MAX = 65_536;
// Addresses that were asked for once. Their replies are kept when they are asked for again.
const ASKED_MAX = 10_000;
const KEY_LENGTH_MAX = 1_024;

/**
 * Keeps the replies of reads that are asked for again and again. A reply depends on the address, the scope and the
 * position of the view alone, so it is sent again while the view has not moved, and for ever where its content never
 * changes. Saves parsing, routing and the look-up: most of what a read costs.
 */
export class HotReads {
  readonly #options: HotReadOptions;
  readonly #kept = new Map<string, HotReply>();
  readonly #asked = new Set<string>();
  #bytes = 0;

  constructor(options: HotReadOptions) {
    this.#options = options;
  }

  /**
   * Names what a request asks for, as its client sent it: later the address has lost its scope. `undefined` for what is
   * never kept.
   */
  keyOf({ method, url = '', headers }: IncomingMessage): string | undefined {
    if (method !== 'GET' || this.#options.bytesMax === 0) return undefined;
    const [tenant, environment] = [headers['atlas-tenant'], headers['atlas-environment']];
    const key = `${url}\n${String(tenant ?? '')}\n${String(environment ?? '')}`;
    return key.length > KEY_LENGTH_MAX ? undefined : key;
  }

  /** Finds the reply to a request; `undefined` where it must be made. */
  find(key: string | undefined, { headers }: IncomingMessage): HotReply | undefined {
    if (key === undefined || headers['atlas-min-position'] !== undefined) return undefined;
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.isImmutable) return kept;
    return kept.position === this.#options.view.position ? kept : undefined;
  }

  /** Keeps a reply that shows the newest state. */
  keep(key: string, reply: Reply, route: Route): void {
    if (reply.status !== 200) return;
    // Whoever asks for everything once leaves nothing behind.
    if (!this.#asked.delete(key)) {
      if (this.#asked.size >= ASKED_MAX) this.#asked.clear();
      this.#asked.add(key);
      return;
    }
    const body = ownBuffer(replyText(reply.body));
    const headers = headersOf(reply);
    const entry: HotReply = {
      etag: reply.headers?.['ETag'],
      headers: [...headers, ...bodyHeaders(reply, body)],
      headersWithoutBody: headers,
      body,
      isImmutable: route.keep === 'content',
      label: labelOf(route),
      position: Number(reply.headers?.[POSITION_HEADER]) as Position,
    };
    if (sizeOf(key, entry) > ENTRY_BYTES_MAX) return;
    this.#remove(key);
    this.#kept.set(key, entry);
    this.#bytes += sizeOf(key, entry);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#options.bytesMax) return;
      this.#remove(oldest);
    }
  }

  /** Sends a kept reply, with headers of this one request: names and values in turn. */
  send(reply: HotReply, to: ServerResponse, headers: readonly string[]): void {
    const { view } = this.#options;
    const { req: request } = to;
    const position = String(view.position);
    const own = [...headers, POSITION_HEADER, position, ...SECURITY_HEADER_LIST];
    if (reply.etag !== undefined && matchesEtag(request.headers['if-none-match'], reply.etag)) {
      to.writeHead(304, [...own, ...reply.headersWithoutBody]);
      to.end();
      return;
    }
    to.writeHead(200, [...own, ...reply.headers]);
    to.end(reply.body);
  }

  #remove(key: string): void {
    const entry = this.#kept.get(key);
    if (entry === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= sizeOf(key, entry);
  }
}

// Not from Buffer's pool: what is kept there keeps 8 KiB.
function ownBuffer(text: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  buffer.write(text);
  return buffer;
}

function replyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function headersOf({ headers }: Reply): string[] {
  const all = { ...headers, Vary: VARY };
  return Object.entries(all)
    .filter(([name]) => name !== POSITION_HEADER)
    .flat();
}

function bodyHeaders({ contentType }: Reply, body: Buffer): string[] {
  return ['Content-Type', contentType ?? 'application/json', 'Content-Length', String(body.length)];
}

function sizeOf(key: string, { body, headers }: HotReply): number {
  return key.length + body.length + headers.reduce((sum, text) => sum + text.length, 200);
}
