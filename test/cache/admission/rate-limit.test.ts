import { describe, expect, it } from 'vitest';
import { LocalRateLimit, type LocalRateLimitOptions } from '#cache/admission/rate-limit';
import { FakeClock } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

function setUp(options: Partial<LocalRateLimitOptions> = {}) {
  const clock = new FakeClock();
  return { clock, limit: new LocalRateLimit({ clock, ...options }) };
}

describe('LocalRateLimit', () => {
  it('lets through 30 at once and 10 per second after that, each client for itself', async () => {
    const { clock, limit } = setUp();
    expect(limit.take('a')).toEqual({
      allowed: true,
      limit: 30,
      remaining: 29,
      resetSeconds: 1,
    });
    for (let i = 0; i < 29; i += 1) expect(limit.take('a').allowed).toBe(true);
    const refused = { allowed: false, limit: 30, remaining: 0, resetSeconds: 3 };
    expect(limit.take('a')).toEqual(refused);
    expect(limit.take('b').remaining).toBe(29);
    clock.skip(99);
    expect(limit.take('a')).toEqual(refused);
    clock.skip(1);
    expect(limit.take('a').allowed).toBe(true);
    expect(limit.take('a').allowed).toBe(false);
    clock.skip(60_000);
    expect(limit.take('a').remaining).toBe(29);
  });

  it('never lets through more than its burst and its rate allow, nor less to a client that waits', async () => {
    await forSeeds(100, async (random) => {
      const [capacity, refillPerSecond] = [1 + random.int(20), 1 + random.int(20)];
      const { clock, limit } = setUp({ capacity, refillPerSecond });
      let allowed = 0;
      for (let step = 0; step < 300; step += 1) {
        if (limit.take('a').allowed) allowed += 1;
        const most = capacity + (clock.monotonicMs() / 1_000) * refillPerSecond;
        expect(allowed).toBeLessThanOrEqual(most + 1e-6);
        clock.skip(random.int(120));
      }
      const { resetSeconds } = limit.take('a');
      clock.skip(resetSeconds * 1_000);
      expect(limit.take('a').remaining).toBe(capacity - 1);
    });
  });

  it('takes as many tokens as a request costs, and a full bucket for one that costs more', () => {
    const { clock, limit } = setUp({ capacity: 10, refillPerSecond: 1 });
    expect(limit.take('a', 7)).toMatchObject({ allowed: true, remaining: 3 });
    expect(limit.take('a', 7)).toMatchObject({ allowed: false, remaining: 3 });
    expect(limit.take('a', 3)).toMatchObject({ allowed: true, remaining: 0 });
    clock.skip(10_000);
    expect(limit.take('a', 1_000)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('lets a bucket owe what it holds at most, and takes back what was too much', () => {
    const { clock, limit } = setUp({ capacity: 10, refillPerSecond: 1 });
    expect(limit.settle('a', 1_000)).toMatchObject({ remaining: 0, resetSeconds: 20 });
    clock.skip(10_999);
    expect(limit.take('a')).toMatchObject({ allowed: false });
    clock.skip(1);
    expect(limit.take('a')).toMatchObject({ allowed: true, remaining: 0 });
    expect(limit.settle('a', -5)).toMatchObject({ remaining: 5 });
    expect(limit.settle('a', -500)).toMatchObject({ remaining: 10, resetSeconds: 0 });
  });

  it('remembers so many clients and forgets whoever has not asked for longest', async () => {
    const { limit } = setUp({ capacity: 1, clientsMax: 2 });
    limit.take('a');
    limit.take('b');
    expect(limit.take('a').allowed).toBe(false);
    limit.take('c');
    expect(limit.clients).toBe(2);
    expect(limit.take('a').allowed).toBe(false);
    expect(limit.take('b').allowed).toBe(true);
    for (let i = 0; i < 1_000; i += 1) limit.take(`x${i}`);
    expect(limit.clients).toBe(2);
  });

  it('cannot be made with buckets that never hold a token', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => setUp({ capacity })).toThrow(RangeError);
    for (const refillPerSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => setUp({ refillPerSecond })).toThrow(RangeError);
  });
});
