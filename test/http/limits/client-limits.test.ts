import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { LocalRateLimit } from '#cache/admission/rate-limit';
import { RegistryError } from '#domain/errors';
import type { Principal } from '#http/auth/principal';
import { TrustedProxies } from '#http/limits/client-address';
import {
  type Buckets,
  type ClientLimitOptions,
  ClientLimits,
  type Visit,
} from '#http/limits/client-limits';
import { FakeClock, settled } from '#test/support/fake-clock';

function principalOf(tenant: string, subject: string): Principal {
  return { tenant, subject, environments: '*', scopes: new Set(), expiresAt: 2_000_000_000 };
}

/** A guard to whom a token is its own content: `tenant:subject`. New tokens take a turn, `wrong` ones are refused. */
class PlainGuard {
  readonly #known = new Set<string>();
  /** Right before, and to be verified again. */
  readonly stale = new Set<string>();
  looked = 0;

  known({ headers }: IncomingMessage): Principal | undefined {
    const { authorization = '' } = headers;
    return this.#known.has(authorization) ? read(authorization) : undefined;
  }

  wasRight({ headers }: IncomingMessage): boolean {
    return this.stale.has(headers.authorization ?? '');
  }

  async authenticate({ headers }: IncomingMessage): Promise<Principal | undefined> {
    const { authorization = '' } = headers;
    this.looked += 1;
    await Promise.resolve();
    if (authorization.includes('wrong'))
      throw new RegistryError('UNAUTHENTICATED', 'Cannot accept');
    if (authorization.includes('away'))
      throw new RegistryError('VIEW_UNAVAILABLE', 'Cannot verify');
    this.#known.add(authorization);
    return read(authorization);
  }
}

function read(authorization: string): Principal {
  const [tenant = '', subject = ''] = authorization.replace('Bearer ', '').split(':');
  return principalOf(tenant, subject);
}

interface Asked {
  readonly token?: string;
  readonly address?: string;
  readonly url?: string;
  readonly method?: string;
}

function requestOf({
  token,
  address = '192.0.2.1',
  url = '/x',
  method = 'GET',
}: Asked): IncomingMessage {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { headers, url, method, socket: { remoteAddress: address } } as unknown as IncomingMessage;
}

function setUp(overrides: Partial<ClientLimitOptions> = {}) {
  const clock = new FakeClock();
  const buckets = (capacity: number, refillPerSecond: number): Buckets => ({
    limit: new LocalRateLimit({ clock, capacity, refillPerSecond }),
    refillPerSecond,
  });
  const guard = new PlainGuard();
  const limits = new ClientLimits({
    clock,
    guard,
    counts: 'auto',
    proxies: new TrustedProxies([]),
    clients: buckets(10, 1),
    tenants: buckets(15, 1),
    refusedTokens: buckets(3, 1),
    costs: { writeCost: 5, checkCost: 10, bodyMibCost: 4 },
    inFlightMax: 2,
    refusalDelayMs: 500,
    random: () => 0.5,
    ...overrides,
  });
  const enter = async (asked: Asked): Promise<Visit> => await limits.enter(requestOf(asked));
  const allowed = async (asked: Asked, times: number): Promise<number> => {
    let count = 0;
    for (let turn = 0; turn < times; turn += 1)
      if ((await enter(asked)).refusal === undefined) count += 1;
    return count;
  };
  return { clock, guard, limits, enter, allowed };
}

describe('ClientLimits', () => {
  it('counts a token for its subject and its tenant, wherever it comes from', async () => {
    const { allowed, enter } = setUp();
    expect(await allowed({ token: 'acme:ann' }, 8)).toBe(8);
    expect(await allowed({ token: 'acme:ann', address: '192.0.2.9' }, 8)).toBe(2);
    const { refusal, headers } = await enter({ token: 'acme:ann' });
    expect(refusal).toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'client' },
      retryAfterSeconds: 1,
      outcome: 'not-applied',
    });
    expect(headers).toEqual([
      'RateLimit-Policy',
      '"client";q=10;w=10',
      'RateLimit',
      '"client";r=0;t=10',
    ]);
  });

  it('lets the subjects of a tenant take no more together than the tenant may, and those of another all of theirs', async () => {
    const { allowed, enter } = setUp();
    for (const subject of ['a', 'b', 'c']) await allowed({ token: `acme:${subject}` }, 10);
    const { refusal } = await enter({ token: 'acme:fresh' });
    expect(refusal).toMatchObject({ details: { limit: 'tenant' } });
    expect(await allowed({ token: 'third:ann' }, 10)).toBe(10);
  });

  it('takes no name of a subject for another tenant', async () => {
    const { allowed } = setUp();
    expect(await allowed({ token: 'acme:x' }, 20)).toBe(10);
    expect(await allowed({ token: 'acm:ex' }, 20)).toBe(10);
  });

  it('counts more for what costs more, and tells when it may be sent again', async () => {
    const { enter } = setUp();
    const write = { token: 'acme:ann', method: 'POST' };
    expect((await enter(write)).refusal).toBeUndefined();
    expect((await enter(write)).refusal).toBeUndefined();
    expect((await enter(write)).refusal).toMatchObject({ retryAfterSeconds: 5 });
  });

  it('lets a batch owe what it turned out to cost', async () => {
    const { clock, enter, limits } = setUp();
    const visit = await enter({ token: 'acme:ann', method: 'POST' });
    await limits.settle(visit, 12);
    expect((await enter({ token: 'acme:ann' })).refusal).toMatchObject({ retryAfterSeconds: 8 });
    clock.skip(8_000);
    expect((await enter({ token: 'acme:ann' })).refusal).toBeUndefined();
  });

  it('counts by address who has no token, apart from the probes of health', async () => {
    const { allowed } = setUp();
    expect(await allowed({}, 20)).toBe(10);
    expect(await allowed({ url: '/healthz' }, 5)).toBe(5);
    expect(await allowed({ address: '192.0.2.2' }, 20)).toBe(10);
    expect(await allowed({ address: '2001:db8::1' }, 20)).toBe(10);
    expect(await allowed({ address: '2001:db8::2' }, 20)).toBe(0);
  });

  it('looks at no more new tokens of an address than may be wrong, however many come at once', async () => {
    const { clock, enter, guard } = setUp();
    await enter({ token: 'acme:known' });
    const visits = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => enter({ token: `wrong:${index}` })),
    );
    const refused = visits.filter(({ refusal }) => refusal !== undefined);
    expect([guard.looked, refused.length]).toEqual([4, 47]);
    expect(refused[0]?.refusal).toMatchObject({ details: { limit: 'refused-tokens' } });
    expect(visits[0]?.sender.error).toMatchObject({ code: 'UNAUTHENTICATED' });
    // Who is known goes on, and other addresses too.
    expect((await enter({ token: 'acme:known' })).refusal).toBeUndefined();
    expect((await enter({ token: 'acme:new' })).refusal).toBeDefined();
    expect((await enter({ token: 'acme:new', address: '192.0.2.2' })).refusal).toBeUndefined();
    clock.skip(1_000);
    expect((await enter({ token: 'acme:other' })).refusal).toBeUndefined();
  });

  it('verifies a token again that was right before, however many wrong ones have come from its address', async () => {
    const { enter, guard } = setUp();
    guard.stale.add('Bearer acme:ann');
    for (let index = 0; index < 5; index += 1) await enter({ token: `wrong:${index}` });
    expect((await enter({ token: 'acme:new' })).refusal).toBeDefined();
    const { refusal, sender } = await enter({ token: 'acme:ann' });
    expect([refusal, sender.principal?.subject]).toEqual([undefined, 'ann']);
  });

  it('answers probes of health whatever their token is, and looks at none', async () => {
    const { enter, guard } = setUp();
    for (let index = 0; index < 5; index += 1) await enter({ token: `wrong:${index}` });
    const { looked } = guard;
    for (const url of ['/healthz', '/readyz', '/readyz?verbose'])
      expect((await enter({ token: 'wrong:probe', url })).refusal).toBeUndefined();
    expect(guard.looked).toBe(looked);
  });

  it('takes right tokens, and those that nobody could verify, for no wrong ones', async () => {
    const { enter } = setUp({
      clients: {
        limit: new LocalRateLimit({ clock: new FakeClock(), capacity: 1_000 }),
        refillPerSecond: 10,
      },
    });
    for (let index = 0; index < 8; index += 1) {
      expect((await enter({ token: `t${index}:ann` })).refusal).toBeUndefined();
      expect((await enter({ token: `away:${index}` })).sender.error).toMatchObject({
        code: 'VIEW_UNAVAILABLE',
      });
    }
  });

  it.each<[ClientLimitOptions['counts'], boolean, string, boolean]>([
    ['auto', false, '127.0.0.1', false],
    ['auto', false, '::1', false],
    ['auto', false, '::ffff:127.0.0.1', false],
    ['auto', false, '192.0.2.1', true],
    ['auto', true, '127.0.0.1', true],
    ['all', false, '127.0.0.1', true],
    ['off', false, '192.0.2.1', false],
    ['off', true, '192.0.2.1', false],
  ])(
    '%s, with a guard: %s, counts requests from %s: %s',
    async (counts, guarded, address, counted) => {
      const { enter, limits } = setUp({ counts, ...(guarded ? {} : { guard: undefined }) });
      const { client, headers } = await enter({ address });
      expect([client !== undefined, headers.length > 0]).toEqual([counted, counted]);
      expect(limits.addressOf(address) !== undefined).toBe(counted);
    },
  );

  it('gives a place back once, when its request ends', async () => {
    const { enter, limits } = setUp();
    const [ann, bob] = [await enter({ token: 'acme:ann' }), await enter({ token: 'acme:bob' })];
    const leave = limits.begin(ann);
    limits.begin(ann);
    expect(() => limits.begin(ann)).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', details: { limit: 'in-flight' } }),
    );
    limits.begin(bob);
    leave();
    leave();
    limits.begin(ann);
    expect(() => limits.begin(ann)).toThrow(/are answered already/);
  });

  it('holds a refusal back, at most as many as a client may have in flight, and leaves no timer', async () => {
    const { clock, enter, limits } = setUp();
    const visit = await enter({ token: 'acme:ann' });
    const responses = [new EventEmitter(), new EventEmitter(), new EventEmitter()];
    const held = responses.map(async (one) => limits.hold(visit, one as ServerResponse));
    expect(await held[2]).toBe(false);
    responses[1]?.emit('close');
    expect(await held[1]).toBe(true);
    let isOver = false;
    void held[0]?.then(() => {
      isOver = true;
    });
    await clock.advance(499);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await settled();
    expect([isOver, clock.sleeping]).toEqual([true, 0]);
    expect(responses[0]?.listenerCount('close')).toBe(0);
  });
});
