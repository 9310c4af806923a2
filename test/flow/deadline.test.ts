import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { FakeClock, settled } from '#test/support/fake-clock';
import { watch } from '#test/support/watch';

class Late extends Error {}

describe('withDeadline()', () => {
  const error = (): Error => new Late('too late');

  it('gives what the work gives and throws what it throws, and leaves neither timer nor listener', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const options = { ms: 100, clock, signal, error };
    expect(await withDeadline(async () => 7, options)).toBe(7);
    const failed = new Error('no');
    await expect(withDeadline(() => Promise.reject(failed), options)).rejects.toBe(failed);
    const throwing = withDeadline(() => {
      throw failed;
    }, options);
    await expect(throwing).rejects.toBe(failed);
    expect(clock.sleeping).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it("rejects with the caller's error when the time is over, not a millisecond before, and aborts the work with it", async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    let given: AbortSignal | undefined;
    const call = watch(
      withDeadline(
        (own) => {
          given = own;
          return new Promise(() => undefined);
        },
        { ms: 100, clock, signal, error },
      ),
    );
    await clock.advance(99);
    expect([call.error, given?.aborted]).toEqual([undefined, false]);
    await clock.advance(1);
    expect(call.error).toBeInstanceOf(Late);
    expect(given?.reason).toBe(call.error);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it("rejects with the caller's error and not with what the work makes of the abort", async () => {
    const clock = new FakeClock();
    const call = watch(withDeadline((own) => clock.sleep(500, own), { ms: 100, clock, error }));
    await clock.advance(100);
    expect(call.error).toBeInstanceOf(Late);
    expect(clock.sleeping).toBe(0);
  });

  it("passes the caller's abort on to the work and rejects with its reason", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    let given: AbortSignal | undefined;
    const call = watch(
      withDeadline(
        (own) => {
          given = own;
          return new Promise(() => undefined);
        },
        { ms: 100, clock, signal: controller.signal, error },
      ),
    );
    const reason = new Error('enough');
    controller.abort(reason);
    await settled();
    expect([call.error, given?.reason]).toEqual([reason, reason]);
    expect(clock.sleeping).toBe(0);
  });

  it('does not start the work when no time is left, or the signal has aborted', async () => {
    const clock = new FakeClock();
    let started = 0;
    const work = async (): Promise<void> => {
      started += 1;
    };
    await expect(withDeadline(work, { ms: 0, clock, error })).rejects.toBeInstanceOf(Late);
    const reason = new Error('before');
    const aborted = { ms: 9, clock, error, signal: AbortSignal.abort(reason) };
    await expect(withDeadline(work, aborted)).rejects.toBe(reason);
    expect([started, clock.sleeping]).toEqual([0, 0]);
  });

  it('does not abort the signal of work that has ended in time', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const own = await withDeadline(async (signal) => signal, {
      ms: 100,
      clock,
      signal: controller.signal,
      error,
    });
    controller.abort();
    await clock.advance(1_000);
    expect(own.aborted).toBe(false);
  });

  it("works with the machine's clock", async () => {
    const call = withDeadline((own) => systemClock.sleep(60_000, own), {
      ms: 1,
      clock: systemClock,
      error,
    });
    await expect(call).rejects.toBeInstanceOf(Late);
  });
});
