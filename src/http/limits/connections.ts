import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RegistryError } from '#domain/errors';
import { tooSlow } from '#http/limits/client-errors';
import { endWith } from '#http/limits/raw-problem';

export interface ConnectionLimits {
  /** Connections that are open at a time. */
  readonly socketsMax: number;
  readonly socketsPerAddressMax: number;
  /** How fast a body must come; 0: any. */
  readonly bodyBytesPerSecondMin: number;
  /** Over how long that is measured. */
  readonly bodyPaceMs: number;
  /** How long a client may take nothing of what was written for it. */
  readonly answerStallMs: number;
}

export interface ConnectionOptions {
  readonly limits: ConnectionLimits;
  /** Gives what tells an address from others; `undefined` for one whose connections are not counted. */
  readonly addressOf: (address: string) => string | undefined;
  readonly newId: () => string;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
}

/** Requests that one connection may have open: whoever sends more before the first is answered means no good. */
const PIPELINED_MAX = 32;
const RETRY_AFTER_SECONDS = 1;

interface Connection {
  /** Requests that are not answered yet, in order. */
  readonly open: Set<ServerResponse>;
  /** Bytes that its client had taken, and since when. */
  takenBytes: number;
  takenMs: number;
}

/** A body that is on its way. */
interface Body {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Since when, and from which byte of the connection on, its pace is measured. */
  readonly sinceMs: number;
  readonly sinceBytes: number;
}

/** Bounds how many connections there are, how many requests each has open, and how slowly bodies come. */
export class Connections {
  readonly #options: ConnectionOptions;
  /** Those that requests may come from. */
  readonly #open = new Map<Socket, Connection>();
  #counted = 0;
  readonly #perAddress = new Map<string, number>();
  readonly #bodies = new Map<IncomingMessage, Body>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Takes a connection in, or tells its client why not. */
  add(socket: Socket): void {
    const refusal = this.#count(socket);
    if (refusal === undefined) this.join(socket);
    else this.end(socket, refusal);
  }

  /**
   * Counts a connection whose handshake is still to come, or ends it: there is no way to tell its client anything yet. Once
   * it is secure it is to `join`.
   */
  arrive(socket: Socket): void {
    if (this.#count(socket) !== undefined) socket.destroy();
  }

  /** Takes in the secure side of a connection that was counted when it arrived. */
  join(socket: Socket): void {
    this.#open.set(socket, { open: new Set(), takenBytes: 0, takenMs: 0 });
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Tells a client what is wrong and ends its connection; in the middle of an answer it is only ended. */
  end(socket: Socket, error: RegistryError): void {
    const open = this.#open.get(socket)?.open;
    this.#open.delete(socket);
    if ([...(open ?? [])].some(({ headersSent }) => headersSent)) socket.destroy();
    else endWith(socket, error, this.#options.newId());
  }

  /** Notes a request. Gives whether it is to be answered: not on a connection that is ended. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    const open = this.#open.get(socket)?.open;
    if (open === undefined) return false;
    if (open.size >= PIPELINED_MAX) {
      this.#open.delete(socket);
      socket.destroy();
      return false;
    }
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      this.#bodies.delete(request);
    });
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (length === '0' && encoding === undefined) return true;
    const sinceMs = this.#options.nowMs();
    this.#bodies.set(request, { request, response, sinceMs, sinceBytes: socket.bytesRead });
    return true;
  }

  /** Ends the connections whose clients send or take too slowly. Called again and again. */
  check(): void {
    this.#checkBodies();
    const nowMs = this.#options.nowMs();
    for (const [socket, connection] of this.#open) {
      const { writableLength } = socket;
      const takenBytes = socket.bytesWritten - writableLength;
      if (writableLength === 0 || takenBytes !== connection.takenBytes) {
        connection.takenBytes = takenBytes;
        connection.takenMs = nowMs;
      } else if (nowMs - connection.takenMs >= this.#options.limits.answerStallMs) socket.destroy();
    }
  }

  /** Counts a connection until it is closed. Gives why there is no place for it. */
  #count(socket: Socket): RegistryError | undefined {
    const { addressOf, limits } = this.#options;
    const address = addressOf(socket.remoteAddress ?? '');
    const own = address === undefined ? 0 : (this.#perAddress.get(address) ?? 0);
    if (this.#counted >= limits.socketsMax) return full(limits.socketsMax);
    if (own >= limits.socketsPerAddressMax) return tooMany(limits.socketsPerAddressMax);
    this.#counted += 1;
    if (address !== undefined) this.#perAddress.set(address, own + 1);
    socket.once('close', () => {
      this.#counted -= 1;
      if (address !== undefined) this.#leave(address);
    });
    return undefined;
  }

  #checkBodies(): void {
    const { bodyBytesPerSecondMin, bodyPaceMs } = this.#options.limits;
    if (bodyBytesPerSecondMin === 0) return;
    const nowMs = this.#options.nowMs();
    const bytesMin = (bodyBytesPerSecondMin * bodyPaceMs) / 1_000;
    for (const [request, body] of this.#bodies) {
      const { socket } = request;
      if (request.complete || socket.destroyed) this.#bodies.delete(request);
      else if (nowMs - body.sinceMs >= bodyPaceMs) {
        // What lies here unread is not late: then it is this node that is slow.
        const isLate =
          socket.bytesRead - body.sinceBytes < bytesMin && request.readableLength === 0;
        if (isLate) this.#endLate(body);
        else this.#bodies.set(request, { ...body, sinceMs: nowMs, sinceBytes: socket.bytesRead });
      }
    }
  }

  #endLate({ request, response }: Body): void {
    const { bodyBytesPerSecondMin } = this.#options.limits;
    this.#bodies.delete(request);
    const { socket } = request;
    if (response.headersSent) socket.destroy();
    else
      this.end(
        socket,
        tooSlow(
          `its body comes too slowly (want at least ${bodyBytesPerSecondMin} bytes a second)`,
        ),
      );
  }

  #leave(address: string): void {
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

function full(max: number): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `Cannot take the connection: ${max} are open (want at most ${max})`,
    { outcome: 'not-applied', retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

function tooMany(max: number): RegistryError {
  return new RegistryError(
    'RATE_LIMITED',
    `Cannot take the connection: this address has ${max} open (want at most ${max})`,
    {
      details: { limit: 'sockets' },
      outcome: 'not-applied',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
  );
}
