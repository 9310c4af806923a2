import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { RegistryError } from '#domain/errors';
import { type Position, parsePosition, toPosition } from '#domain/position';
import type { HttpDependencies, HttpLimits } from '#http/dependencies';
import { type ParsedRequest, type Route, route } from '#http/route';
import { SentTraces } from '#http/sent-traces';
import { frozenError } from '#http/stale-reads';
import { FEED_STREAMS, type FeedEvent, type FeedOptions } from '#projections/event-feed';

// How long a client that was cut off may still take what was written for it.
const LINGER_MS = 30_000;

const eventQuery = z.strictObject({
  from: z.string().optional().meta({
    description: 'The first position wanted; 1 is the beginning. Default: only what is new.',
  }),
  stream: z.enum(['registry', 'jobs']).default('registry'),
});

const TIMER_MAX_MS = 2_147_483_647;

/** A stream ends with the token that opened it. */
function endOf(expiresAtMs: number | undefined, nowMs: number): readonly AbortSignal[] {
  if (expiresAtMs === undefined) return [];
  return [AbortSignal.timeout(Math.min(Math.max(0, expiresAtMs - nowMs), TIMER_MAX_MS))];
}

/** The route of server-sent events. */
export function eventRoutes(dependencies: HttpDependencies): readonly Route[] {
  const subscribers = new Subscribers(dependencies.limits, dependencies.onFollower);
  const sent = new SentTraces(dependencies.tracer);
  return [
    route({
      method: 'get',
      path: '/registry/events',
      operationId: 'followEvents',
      summary: 'Follow the events of the scope as server-sent events, from any position',
      tag: 'events',
      isLongLived: true,
      query: eventQuery,
      responses: {
        200: {
          description: 'A stream of CloudEvents; the id of each is its position',
          contentType: 'text/event-stream',
        },
      },
      handle: async (request) => {
        const { feed, frozen } = dependencies;
        const { client } = request;
        const why = frozen();
        // Positions that its client has seen may stand for other events now.
        if (why !== undefined) throw frozenError('follow events', why);
        const stream = FEED_STREAMS[request.query.stream];
        const from = firstAfter(request);
        subscribers.add(client);
        const after =
          from ??
          (await feed.newest(stream).catch((error: unknown) => {
            subscribers.remove(client);
            throw error;
          }));
        const signal = AbortSignal.any([
          request.signal,
          dependencies.closing,
          ...endOf(request.expiresAtMs, dependencies.clock.nowMs()),
        ]);
        const subscriber = new Subscriber(dependencies, sent);
        const { scope, isRevoked } = request;
        void subscriber.serve({ stream, after, scope, signal }, isRevoked).finally(() => {
          subscribers.remove(client);
        });
        return {
          status: 200,
          contentType: 'text/event-stream; charset=utf-8',
          headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
          body: subscriber.output,
        };
      },
    }),
  ];
}

/** Counts who follows events: all of them, and those of each client. */
class Subscribers {
  readonly #limits: Pick<HttpLimits, 'subscribersMax' | 'subscribersPerClientMax'>;
  readonly #perClient = new Map<string, number>();
  readonly #onChange: HttpDependencies['onFollower'];
  #count = 0;

  constructor(
    limits: Pick<HttpLimits, 'subscribersMax' | 'subscribersPerClientMax'>,
    onChange: HttpDependencies['onFollower'],
  ) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** Adds one. @throws RATE_LIMITED when its client has too many, BUSY when all together are */
  add(client: string | undefined): void {
    const { subscribersMax, subscribersPerClientMax } = this.#limits;
    const own = client === undefined ? 0 : (this.#perClient.get(client) ?? 0);
    if (own >= subscribersPerClientMax) throw tooManyOfOne(subscribersPerClientMax);
    if (this.#count >= subscribersMax) throw tooMany(subscribersMax);
    this.#count += 1;
    this.#onChange?.(1);
    if (client !== undefined) this.#perClient.set(client, own + 1);
  }

  remove(client: string | undefined): void {
    this.#count -= 1;
    this.#onChange?.(-1);
    if (client === undefined) return;
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left > 0) this.#perClient.set(client, left);
    else this.#perClient.delete(client);
  }
}

/** Where to begin: behind `Last-Event-ID`, else at `from`. */
function firstAfter({
  header,
  query,
}: ParsedRequest<unknown, { readonly from?: string | undefined }, unknown>): Position | undefined {
  const last = header('last-event-id');
  if (last !== undefined && last !== '') return parsePosition(last, 'Last-Event-ID');
  if (query.from === undefined) return undefined;
  return toPosition(Math.max(0, parsePosition(query.from, 'from') - 1));
}

/** One connection that follows events. What it does not take is never kept beyond a bound. */
class Subscriber {
  readonly output: PassThrough;
  readonly #dependencies: HttpDependencies;
  readonly #sent: SentTraces;

  constructor(dependencies: HttpDependencies, sent: SentTraces) {
    this.#dependencies = dependencies;
    this.#sent = sent;
    this.output = new PassThrough({ highWaterMark: dependencies.limits.subscriberBytesMax });
    // The connection may break at any time; whoever writes sees it at the signal.
    this.output.on('error', () => undefined);
  }

  /** Writes events until the client goes, the node shuts down, or the client takes nothing for too long. */
  async serve(options: FeedOptions, isRevoked: () => boolean): Promise<void> {
    const { limits, feed, frozen, clock } = this.#dependencies;
    this.output.write(`retry: 1000\n: following ${options.stream} behind ${options.after}\n\n`);
    const revoked = new AbortController();
    let reason = 'shutdown';
    const isFrozen = (): boolean => {
      if (frozen() !== undefined) reason = 'frozen';
      return reason === 'frozen';
    };
    const beat = setInterval(() => {
      if (isRevoked() || isFrozen()) revoked.abort();
      else if (this.output.writableLength === 0) this.output.write(': heartbeat\n\n');
    }, limits.heartbeatMs);
    try {
      const signal = AbortSignal.any([options.signal, revoked.signal]);
      for await (const batch of feed.follow({ ...options, signal })) {
        if (isFrozen()) break;
        const text = batch.map(toText).join('');
        if (await this.#sent.send(batch, clock.nowMs(), () => this.#write(text))) continue;
        reason = 'too-slow';
        break;
      }
    } catch {
      reason = 'interrupted';
    } finally {
      clearInterval(beat);
      this.#end(reason);
    }
  }

  /** Gives `false` when the client took nothing for too long. */
  async #write(text: string): Promise<boolean> {
    if (this.output.write(text)) return true;
    const { subscriberStallMs } = this.#dependencies.limits;
    try {
      await once(this.output, 'drain', { signal: AbortSignal.timeout(subscriberStallMs) });
      return true;
    } catch {
      return false;
    }
  }

  #end(reason: string): void {
    if (this.output.destroyed) return;
    // The last line that a client reads says why, and its Last-Event-ID where to go on.
    this.output.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    setTimeout(() => this.output.destroy(), LINGER_MS).unref();
  }
}

function toText(event: FeedEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function tooManyOfOne(max: number): RegistryError {
  return new RegistryError(
    'RATE_LIMITED',
    `Cannot follow events: this client follows ${max} streams already (want at most ${max})`,
    { details: { limit: 'subscribers' }, retryAfterSeconds: 5 },
  );
}

function tooMany(max: number): RegistryError {
  return new RegistryError(
    'BUSY',
    `Cannot follow events: ${max} clients do already (want at most ${max})`,
    {
      retryAfterSeconds: 5,
    },
  );
}
