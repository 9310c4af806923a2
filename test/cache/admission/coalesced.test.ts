import { describe, expect, it } from 'vitest';
import { Coalesced, type CoalescedOptions } from '#cache/admission/coalesced';
import { FakeClock, settled } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';
import { watch } from '#test/support/watch';

function setUp(options: Partial<CoalescedOptions<string>> = {}) {
  const clock = new FakeClock();
  const coalesced = new Coalesced<string>({
    clock,
    bytesOf: (result) => result.length,
    ...options,
  });
  let runs = 0;
  const give = (result: string) => async (): Promise<string> => {
    runs += 1;
    return result;
  };
  return { clock, coalesced, give, runs: () => runs };
}

describe('Coalesced', () => {
  it('runs once for all that ask at the same time, and for each key', async () => {
    const { coalesced, give, runs } = setUp();
    const calls = ['k', 'k', 'j', 'k'].map((key) => coalesced.run(key, give(key)));
    expect(await Promise.all(calls)).toEqual(['k', 'k', 'j', 'k']);
    expect([runs(), coalesced.state()]).toEqual([2, { entries: 2, bytes: 2, kept: 0, runs: 2 }]);
  });

  it('answers with the kept result for half a second, not a millisecond longer', async () => {
    const { clock, coalesced, give, runs } = setUp();
    await coalesced.run('k', give('first'));
    clock.skip(499);
    expect(await coalesced.run('k', give('second'))).toBe('first');
    clock.skip(1);
    expect(coalesced.state()).toMatchObject({ entries: 0, bytes: 0, kept: 1 });
    expect(await coalesced.run('k', give('second'))).toBe('second');
    expect(runs()).toBe(2);
  });

  it('keeps no error: all that shared the run get it, who comes next runs anew', async () => {
    const { coalesced, give } = setUp();
    const fail = (): Promise<string> => Promise.reject(new Error('broken'));
    const calls = await Promise.allSettled([coalesced.run('k', fail), coalesced.run('k', fail)]);
    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(coalesced.state()).toEqual({ entries: 0, bytes: 0, kept: 0, runs: 1 });
    expect(await coalesced.run('k', give('well'))).toBe('well');
  });

  it('lets a caller go without ending the run for others, and ends it with the last', async () => {
    const { coalesced } = setUp();
    const ends: (() => void)[] = [];
    const signals: AbortSignal[] = [];
    const work = (signal: AbortSignal): Promise<string> =>
      new Promise((resolve, reject) => {
        signals.push(signal);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        ends.push(() => resolve('done'));
      });
    const [one, two] = [new AbortController(), new AbortController()];
    const first = watch(coalesced.run('k', work, { signal: one.signal }));
    const second = watch(coalesced.run('k', work, { signal: two.signal }));
    await settled();
    one.abort(new Error('gone'));
    await settled();
    expect([first.error, signals[0]?.aborted]).toEqual([new Error('gone'), false]);
    ends[0]?.();
    await settled();
    expect(second.value).toBe('done');
    const third = watch(coalesced.run('j', work, { signal: two.signal }));
    await settled();
    two.abort(new Error('gone too'));
    await settled();
    expect([third.error, signals[1]?.aborted]).toEqual([new Error('gone too'), true]);
    expect(coalesced.state()).toMatchObject({ entries: 1, runs: 2 });
  });

  it('gives a result that came though all had gone to whoever waited for that run to end', async () => {
    const { coalesced, give, runs } = setUp();
    let end: (result: string) => void = () => undefined;
    const stubborn = (): Promise<string> =>
      new Promise((resolve) => {
        end = resolve;
      });
    const controller = new AbortController();
    const gone = watch(coalesced.run('k', stubborn, { signal: controller.signal }));
    await settled();
    controller.abort();
    await settled();
    const next = watch(coalesced.run('k', give('other')));
    await settled();
    end('late');
    await settled();
    expect(gone.error).toBe(controller.signal.reason);
    expect([next.value, runs()]).toEqual(['late', 0]);
  });

  it('does not start for a signal that has aborted, though the result is there', async () => {
    const { coalesced, give } = setUp();
    await coalesced.run('k', give('x'));
    const signal = AbortSignal.abort(new Error('before'));
    await expect(coalesced.run('k', give('x'), { signal })).rejects.toThrow('before');
  });

  it('keeps no result that is too large, and none at all with a lifetime of 0', async () => {
    const { coalesced, give } = setUp({ bytesMax: 3 });
    await coalesced.run('k', give('1234'));
    expect(coalesced.state().entries).toBe(0);
    const none = setUp({ ttlMs: 0 });
    await none.coalesced.run('k', none.give('1'));
    expect(none.coalesced.state().entries).toBe(0);
  });

  it('never holds more entries or bytes than it may, drops the oldest first, and gives no result of another key', async () => {
    await forSeeds(200, async (random) => {
      const [entriesMax, bytesMax] = [1 + random.int(6), 1 + random.int(40)];
      const { clock, coalesced } = setUp({ entriesMax, bytesMax, ttlMs: 50 });
      for (let step = 0; step < 60; step += 1) {
        const key = random.pick(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
        const result = key.repeat(1 + random.int(12));
        const given = await coalesced.run(key, async () => result);
        expect(new Set(given)).toEqual(new Set([key]));
        const { entries, bytes } = coalesced.state();
        expect(entries).toBeLessThanOrEqual(entriesMax);
        expect(bytes).toBeLessThanOrEqual(bytesMax);
        // What was given last is there, unless it is too large alone.
        const again = await coalesced.run(key, async () => 'anew');
        expect(again).toBe(given.length <= bytesMax ? given : 'anew');
        if (again === 'anew') clock.skip(50);
        clock.skip(random.int(30));
      }
      clock.skip(50);
      expect(coalesced.state()).toMatchObject({ entries: 0, bytes: 0 });
    });
  });
});
