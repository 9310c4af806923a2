import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Position } from '#domain/position';
import { matchesEtag } from '#http/conditional';
import { POSITION_HEADER } from '#http/consistency';
import type { PositionedView } from '#http/dependencies';
import type { Reply } from '#http/route';

/** A reply that was sent before and is the same for whoever asks the same. */
export interface HotReply {
  readonly etag: string | undefined;
  /** Names and values in turn, without those that belong to one request. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Whether it stays right whatever is written; else it is right at `position` alone. */
  readonly isImmutable: boolean;
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

  /** Finds the reply to a request; `undefined` where it must be made. */
  find(request: IncomingMessage): HotReply | undefined {
    if (request.method !== 'GET' || request.headers['atlas-min-position'] !== undefined)
      return undefined;
    const kept = this.#kept.get(keyOf(request));
    if (kept === undefined || kept.isImmutable) return kept;
    return kept.position === this.#options.view.position ? kept : undefined;
  }

  /** Keeps a reply that shows the newest state. */
  keep(request: IncomingMessage, reply: Reply, isImmutable: boolean): void {
    if (request.method !== 'GET' || reply.status !== 200) return;
    const key = keyOf(request);
    // Whoever asks for everything once leaves nothing behind.
    if (!this.#asked.delete(key)) {
      if (this.#asked.size >= ASKED_MAX) this.#asked.clear();
      this.#asked.add(key);
      return;
    }
    const body = ownBuffer(bodyText(reply.body));
    const entry: HotReply = {
      etag: reply.headers?.['ETag'],
      headers: headersOf(reply, body),
      body,
      isImmutable,
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

  /** Sends a kept reply. */
  send(reply: HotReply, to: ServerResponse, requestId: string): void {
    const { view } = this.#options;
    const { req: request } = to;
    const own = ['X-Request-Id', requestId, POSITION_HEADER, String(view.position)];
    if (reply.etag !== undefined && matchesEtag(request.headers['if-none-match'], reply.etag)) {
      to.writeHead(304, [...own, 'ETag', reply.etag]);
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

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function headersOf({ headers, contentType }: Reply, body: Buffer): string[] {
  const all = {
    ...headers,
    Vary: SCOPE_HEADERS,
    'Content-Type': contentType ?? 'application/json',
    'Content-Length': String(body.length),
  };
  return Object.entries(all)
    .filter(([name]) => name !== POSITION_HEADER)
    .flat();
}

/** The headers that name a scope: what a shared cache must tell replies apart by. */
export const SCOPE_HEADERS = 'Atlas-Tenant, Atlas-Environment';

function keyOf({ url, headers }: IncomingMessage): string {
  const [tenant, environment] = [headers['atlas-tenant'], headers['atlas-environment']];
  return `${url}\n${String(tenant ?? '')}\n${String(environment ?? '')}`;
}

function sizeOf(key: string, { body, headers }: HotReply): number {
  return key.length + body.length + headers.reduce((sum, text) => sum + text.length, 200);
}
