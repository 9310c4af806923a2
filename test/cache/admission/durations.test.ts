import { describe, expect, it } from 'vitest';
import { Durations } from '#cache/admission/durations';
import { FakeClock } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

function setUp(samplesMax = 512) {
  const clock = new FakeClock();
  return { clock, durations: new Durations({ samplesMax, windowMs: 1_000, clock }) };
}

describe('Durations', () => {
  it('gives what 95 in 100 did not exceed, whatever their order', async () => {
    await forSeeds(100, async (random) => {
      const { durations } = setUp();
      const values = Array.from({ length: 1 + random.int(300) }, () => random.int(1_000));
      for (const value of values) durations.add(value);
      const p95Ms = durations.p95Ms() ?? -1;
      const share = (count: number): number => count / values.length;
      expect(share(values.filter((value) => value <= p95Ms).length)).toBeGreaterThanOrEqual(0.95);
      expect(share(values.filter((value) => value < p95Ms).length)).toBeLessThan(0.95);
    });
  });

  it('gives nothing while there are fewer samples than are asked for', () => {
    const { durations } = setUp();
    expect(durations.p95Ms()).toBeUndefined();
    for (let i = 0; i < 49; i += 1) durations.add(7);
    expect(durations.p95Ms(50)).toBeUndefined();
    durations.add(7);
    expect(durations.p95Ms(50)).toBe(7);
  });

  it('keeps the newest ones only', () => {
    const { durations } = setUp(10);
    for (const value of [900, 900, 900, ...Array.from({ length: 10 }, () => 1)])
      durations.add(value);
    expect(durations.p95Ms(10)).toBe(1);
    expect(durations.p95Ms(11)).toBeUndefined();
  });

  it('forgets what is older than its window', () => {
    const { clock, durations } = setUp();
    durations.add(900);
    clock.skip(600);
    durations.add(5);
    clock.skip(399);
    expect(durations.p95Ms()).toBe(900);
    clock.skip(1);
    expect(durations.p95Ms()).toBe(5);
    clock.skip(600);
    expect(durations.p95Ms()).toBeUndefined();
  });
});
