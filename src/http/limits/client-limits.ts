/*
 * The way of a request. A refusal at any of these has read no body and looked for no route:
 *
 * | step | what                                                          | refused with                    |
 * | ---- | ------------------------------------------------------------- | ------------------------------- |
 * | 1    | who sends it: a token that is known, a new one, or an address |                                 |
 * | 2    | tokens never right before, after too many wrong ones of theirs | 429, `refused-tokens`          |
 * | 3    | tokens of the buckets of its client and of its tenant         | 429, `client`, `tenant`         |
 * | 4    | replies from memory are sent                                  |                                 |
 * | 5    | a place among the requests of its client that are answered    | 429, `in-flight`                |
 *
 * A 429 is held back for a while: a client that asks again at once would take more than what it was refused.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimit, RateVerdict } from '#cache/admission/rate-limit';
import { isRegistryError, RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import type { Guard, Sender } from '#http/auth/guard';
import type { Principal } from '#http/auth/principal';
import {
  addressKey,
  clientAddress,
  isLoopbackAddress,
  plainAddress,
  type TrustedProxies,
} from '#http/limits/client-address';
import { type CountedBucket, rateLimitFields, secondsUntil } from '#http/limits/rate-limit-fields';
import { bodyCostOf, costOf, type RequestCosts } from '#http/limits/request-cost';

/** Buckets of one sort: one for every client, or for every tenant. */
export interface Buckets {
  readonly limit: RateLimit;
  readonly refillPerSecond: number;
}

export interface ClientLimitOptions {
  readonly clock: Clock;
  /** Finds out who sends a request; absent where nobody has to say. */
  readonly guard: Guard | undefined;
  /** Whose requests are counted: `auto` leaves out those from loopback where nobody has to say who they are. */
  readonly counts: 'auto' | 'all' | 'off';
  readonly proxies: TrustedProxies;
  readonly clients: Buckets;
  readonly tenants: Buckets;
  /** Counts the wrong tokens of addresses. */
  readonly refusedTokens: Buckets;
  readonly costs: RequestCosts;
  /** Requests of one client that are answered at a time. */
  readonly inFlightMax: number;
  /** How long a refusal is held back, milliseconds; each somewhat shorter or longer. */
  readonly refusalDelayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** One request and what is known of its client. */
export interface Visit {
  readonly sender: Sender;
  /** What tells its client from others; `undefined` where nothing is counted. */
  readonly client: string | undefined;
  /** How its client stands, as header names and values in turn. */
  readonly headers: readonly string[];
  /** Why it is refused. */
  readonly refusal?: RegistryError;
}

interface Client {
  readonly key: string;
  readonly tenant?: string;
  readonly sender: Sender;
}

const HEALTH_PATH = /^\/(?:healthz|readyz)(?:\?|$)/;
const FREE: Visit = { sender: {}, client: undefined, headers: [] };
const TOKENS = 'refused-tokens';

/** Finds out whose requests come, and bounds what each client, and each tenant, can take of a node. */
export class ClientLimits {
  readonly #options: ClientLimitOptions;
  /** Only clients with requests that are answered now. */
  readonly #inFlight = new Map<string, number>();
  /** Only clients with refusals that are held back now. */
  readonly #held = new Map<string, number>();

  constructor(options: ClientLimitOptions) {
    this.#options = options;
  }

  /** Finds out who sends a request and counts it. Answers at once where nobody else has to be asked. */
  enter(request: IncomingMessage): Visit | Promise<Visit> {
    const { guard } = this.#options;
    // Health is for everybody: a token that nobody takes any more must not hide that a node lives.
    if (guard === undefined || HEALTH_PATH.test(request.url ?? ''))
      return this.#enterByAddress(request, {});
    const principal = guard.known(request);
    if (principal !== undefined) return this.#count(request, clientOf(principal));
    const { authorization } = request.headers;
    return authorization === undefined
      ? this.#enterByAddress(request, {})
      : this.#enterByToken(guard, request);
  }

  /**
   * Takes a place among the requests of a client. Gives what gives the place back.
   * @throws RATE_LIMITED when all are taken
   */
  begin({ client }: Visit): () => void {
    if (client === undefined) return () => undefined;
    const { inFlightMax } = this.#options;
    const count = this.#inFlight.get(client) ?? 0;
    if (count >= inFlightMax) {
      throw refused(
        'in-flight',
        `${count} requests of this client are answered already (want at most ${inFlightMax})`,
      );
    }
    this.#inFlight.set(client, count + 1);
    let isOver = false;
    return () => {
      if (!isOver) countDown(this.#inFlight, client);
      isOver = true;
    };
  }

  /** Counts what a request turned out to cost beyond what it was let in for. */
  async settle({ client, sender: { principal } }: Visit, cost: number): Promise<void> {
    if (client === undefined || cost <= 0) return;
    const { clients, tenants } = this.#options;
    await clients.limit.settle(client, cost);
    if (principal !== undefined) await tenants.limit.settle(tenantKey(principal), cost);
  }

  /** Counts the JSON body of a request by its bytes, unpacked: readers take their time by those, not by what was sent. */
  async settleBody(visit: Visit, bytes: number): Promise<void> {
    await this.settle(visit, bodyCostOf(bytes, this.#options.costs));
  }

  /**
   * Holds a refusal back. Gives `false` for a client that has too many of them open: no answer would slow it down.
   */
  async hold({ client }: Visit, response: ServerResponse): Promise<boolean> {
    const { clock, inFlightMax, random, refusalDelayMs } = this.#options;
    if (client === undefined || refusalDelayMs === 0) return true;
    const count = this.#held.get(client) ?? 0;
    if (count >= inFlightMax) return false;
    this.#held.set(client, count + 1);
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    // All at the same time they would come back at the same time, and use up what has come back at one blow.
    const ms = refusalDelayMs * (0.5 + random());
    await clock.sleep(ms, gone.signal).catch(() => undefined);
    response.off('close', leave);
    countDown(this.#held, client);
    return true;
  }

  /** Gives what tells the address of a connection from others; `undefined` where its connections are not counted. */
  addressOf(remote: string): string | undefined {
    const address = plainAddress(remote);
    if (this.#isFree(address) || this.#options.proxies.has(address)) return undefined;
    return addressKey(address);
  }

  #isFree(address: string): boolean {
    const { counts, guard } = this.#options;
    if (counts === 'auto') return guard === undefined && isLoopbackAddress(address);
    return counts === 'off';
  }

  #enterByAddress(request: IncomingMessage, sender: Sender): Visit | Promise<Visit> {
    const address = clientAddress(request, this.#options.proxies);
    if (this.#isFree(address)) return sender.error === undefined ? FREE : { ...FREE, sender };
    // Who asks for everything leaves those alive who ask whether the node lives.
    const kind = HEALTH_PATH.test(request.url ?? '') ? 'health' : 'address';
    return this.#count(request, { key: `${kind} ${addressKey(address)}`, sender });
  }

  async #enterByToken(guard: Guard, request: IncomingMessage): Promise<Visit> {
    const { counts, proxies, refusedTokens } = this.#options;
    const { limit, refillPerSecond } = refusedTokens;
    const key = `token ${addressKey(clientAddress(request, proxies))}`;
    // Before it is known whether the token is right: however many come at once, so many are looked at.
    // One that was right before is looked at all the same: others behind its address must not lock it out.
    const isFree = counts === 'off' || guard.wasRight(request);
    const verdict = isFree ? undefined : await limit.take(key);
    if (verdict?.allowed === false) {
      const bucket = { name: TOKENS, refillPerSecond, verdict };
      const is = `${verdict.limit} wrong tokens have come from this address (want a later try)`;
      const headers = rateLimitFields([bucket]);
      return {
        sender: {},
        client: key,
        headers,
        refusal: refused(TOKENS, is, secondsUntil(bucket, 1)),
      };
    }
    try {
      const principal = await guard.authenticate(request);
      if (verdict !== undefined) await limit.settle(key, -1);
      if (principal !== undefined) return await this.#count(request, clientOf(principal));
      return await this.#enterByAddress(request, {});
    } catch (caught) {
      const error = caught instanceof Error ? caught : new Error(String(caught));
      // That the keys of the issuer are not known says nothing of a token.
      const isWrong = isRegistryError(error, 'UNAUTHENTICATED');
      if (verdict !== undefined && !isWrong) await limit.settle(key, -1);
      return await this.#enterByAddress(request, { error });
    }
  }

  #count(request: IncomingMessage, client: Client): Visit | Promise<Visit> {
    const { clients, counts, costs, tenants } = this.#options;
    if (counts === 'off') return { ...FREE, sender: client.sender };
    const cost = costOf(request, costs);
    const own = clients.limit.take(client.key, cost);
    if (own instanceof Promise) return this.#countLater(client, cost, own);
    if (!own.allowed || client.tenant === undefined) return this.#visit(client, cost, [own]);
    const all = tenants.limit.take(client.tenant, cost);
    if (all instanceof Promise) return all.then((late) => this.#visit(client, cost, [own, late]));
    return this.#visit(client, cost, [own, all]);
  }

  async #countLater(client: Client, cost: number, taken: Promise<RateVerdict>): Promise<Visit> {
    const own = await taken;
    if (!own.allowed || client.tenant === undefined) return this.#visit(client, cost, [own]);
    return this.#visit(client, cost, [
      own,
      await this.#options.tenants.limit.take(client.tenant, cost),
    ]);
  }

  #visit(
    { key, sender }: Client,
    cost: number,
    [own, all]: readonly [RateVerdict, RateVerdict?],
  ): Visit {
    const { clients, tenants } = this.#options;
    const buckets: CountedBucket[] = [
      { name: 'client', refillPerSecond: clients.refillPerSecond, verdict: own },
    ];
    if (all !== undefined)
      buckets.push({ name: 'tenant', refillPerSecond: tenants.refillPerSecond, verdict: all });
    const headers = rateLimitFields(buckets);
    const empty = buckets.find(({ verdict }) => !verdict.allowed);
    if (empty === undefined) return { sender, client: key, headers };
    const is = `this ${empty.name} has asked for more than ${empty.refillPerSecond} per second, and for ${empty.verdict.limit} at once (want less: a read counts 1, this request ${cost})`;
    const refusal = refused(empty.name, is, secondsUntil(empty, cost));
    return { sender, client: key, headers, refusal };
  }
}

function tenantKey({ tenant }: Principal): string {
  return `tenant ${tenant}`;
}

function clientOf(principal: Principal): Client {
  // A tenant has no line break in it: no two clients have one key.
  const key = `subject ${principal.tenant}\n${principal.subject}`;
  return { key, tenant: tenantKey(principal), sender: { principal } };
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

function refused(limit: string, is: string, retryAfterSeconds = 1): RegistryError {
  const details = { limit };
  const options = { details, outcome: 'not-applied', retryAfterSeconds } as const;
  return new RegistryError('RATE_LIMITED', `Cannot answer: ${is}`, options);
}
