import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HighWater } from '#flow/high-water';
import { forSeeds } from '#test/support/seed';

// Time is the test's own: a wait that should end by itself ends without the test waiting.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Notes what a wait has come to, without waiting for it. */
function watch(wait: Promise<boolean>): { settled: boolean | undefined } {
  const noted: { settled: boolean | undefined } = { settled: undefined };
  void wait.then((reached) => {
    noted.settled = reached;
  });
  return noted;
}

describe('HighWater', () => {
  it('only rises', () => {
    const mark = new HighWater(3);
    mark.raise(5);
    mark.raise(4);
    expect(mark.value).toBe(5);
  });

  it('reached() answers at once what is reached already, and leaves no timer', async () => {
    const mark = new HighWater(3);
    expect(await mark.reached(3, 1_000)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reached() wakes exactly those who waited for that value or a lower one', async () => {
    const mark = new HighWater(0);
    const [four, five, six] = [4, 5, 6].map((value) => watch(mark.reached(value, 1_000)));
    mark.raise(5);
    await vi.advanceTimersByTimeAsync(0);
    expect([four?.settled, five?.settled, six?.settled]).toEqual([true, true, undefined]);
    mark.raise(6);
    await vi.advanceTimersByTimeAsync(0);
    expect(six?.settled).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reached() is false when the time is over, not a millisecond before, and for nobody else', async () => {
    const mark = new HighWater(0);
    const [short, long] = [watch(mark.reached(1, 100)), watch(mark.reached(1, 200))];
    await vi.advanceTimersByTimeAsync(99);
    expect(short.settled).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect([short.settled, long.settled]).toEqual([false, undefined]);
    mark.raise(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(long.settled).toBe(true);
  });

  it('close() ends every wait with false, once', async () => {
    const mark = new HighWater(0);
    const waits = [1, 2, 3].map((value) => mark.reached(value, 60_000));
    mark.close();
    expect(await Promise.all(waits)).toEqual([false, false, false]);
    expect(vi.getTimerCount()).toBe(0);
    mark.raise(3);
    expect(mark.value).toBe(3);
  });

  it('reset() goes back without waking anybody: who waits is woken when it has risen again', async () => {
    const mark = new HighWater(5);
    const wait = watch(mark.reached(8, 1_000));
    mark.reset(0);
    expect(mark.value).toBe(0);
    mark.raise(7);
    await vi.advanceTimersByTimeAsync(0);
    expect(wait.settled).toBeUndefined();
    mark.raise(8);
    await vi.advanceTimersByTimeAsync(0);
    expect(wait.settled).toBe(true);
  });

  it('after reset() a value that was reached before counts as not reached', async () => {
    const mark = new HighWater(5);
    mark.reset(2);
    const wait = mark.reached(5, 50);
    await vi.advanceTimersByTimeAsync(50);
    expect(await wait).toBe(false);
  });

  it('every wait ends as its value and its time say, in any order of raises', async () => {
    await forSeeds(30, async (random) => {
      const mark = new HighWater(0);
      const waits = Array.from({ length: 30 }, () => {
        const [value, timeoutMs] = [1 + random.int(20), 1 + random.int(100)];
        return { value, timeoutMs, noted: watch(mark.reached(value, timeoutMs)) };
      });
      // The value at every millisecond; a raise comes before the timers of the next one.
      const values: number[] = [];
      while (values.length <= 100) {
        if (random.int(4) === 0) mark.raise(random.int(22));
        values.push(mark.value);
        await vi.advanceTimersByTimeAsync(1);
      }
      for (const { value, timeoutMs, noted } of waits) {
        expect(noted.settled).toBe((values[timeoutMs - 1] ?? 0) >= value);
      }
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
