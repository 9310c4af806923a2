import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '#flow/circuit-breaker';
import { FakeClock, settled } from '#test/support/fake-clock';
import { held, NotFound, OPEN_MS, setUp } from '#test/support/held-circuit';

const succeed = async (): Promise<string> => 'ok';
const fail = (): Promise<never> => Promise.reject(new Error('failed'));
const notFound = (): Promise<never> => Promise.reject(new NotFound('not found'));

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await expect(breaker.run(fail)).rejects.toThrow('failed');
}

describe('CircuitBreaker', () => {
  it('opens after so many failures in a row and not one before, and says so', async () => {
    const { breaker, changes } = setUp();
    await failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
    await failTimes(breaker, 1);
    expect(breaker.state).toBe('open');
    expect(changes).toEqual([{ from: 'closed', to: 'open' }]);
  });

  it('starts counting again after a success, and after an error that is an answer', async () => {
    const { breaker } = setUp();
    for (const answer of [succeed, notFound]) {
      await failTimes(breaker, 2);
      await breaker.run<unknown>(answer).catch(() => undefined);
    }
    await failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
  });

  it('while open refuses at once without starting the work, and says when to come back and what had failed', async () => {
    const { breaker, clock } = setUp();
    await failTimes(breaker, 3);
    for (const [passMs, retryAfterSeconds] of [
      [0, 20],
      [1, 20],
      [998, 20],
      [1, 19],
      [18_999, 1],
    ] as const) {
      clock.skip(passMs);
      let started = false;
      const call = breaker.run(async () => {
        started = true;
      });
      await expect(call).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        retryAfterSeconds,
        cause: new Error('failed'),
      });
      expect(started).toBe(false);
    }
    expect(clock.sleeping).toBe(0);
  });

  it('lets exactly one call probe when the time is over, and refuses the others until it has ended', async () => {
    const { breaker, clock, changes } = setUp();
    await failTimes(breaker, 3);
    clock.skip(OPEN_MS);
    const probe = held(breaker);
    expect([probe.started, breaker.state]).toEqual([true, 'half-open']);
    for (let other = 0; other < 3; other += 1) {
      await expect(breaker.run(succeed)).rejects.toMatchObject({ retryAfterSeconds: 1 });
    }
    probe.ends.resolve('back');
    await settled();
    expect([probe.call.value, breaker.state]).toEqual(['back', 'closed']);
    expect(changes.map(({ to }) => to)).toEqual(['open', 'half-open', 'closed']);
  });

  it('a probe that succeeds resets the count: it takes as many failures as before to open', async () => {
    const { breaker, clock } = setUp();
    await failTimes(breaker, 3);
    clock.skip(OPEN_MS);
    await breaker.run(succeed);
    await failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
    await failTimes(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('a probe that gets an answer closes, though the answer is an error', async () => {
    const { breaker, clock } = setUp();
    await failTimes(breaker, 3);
    clock.skip(OPEN_MS);
    await expect(breaker.run(notFound)).rejects.toThrow('not found');
    expect(breaker.state).toBe('closed');
  });

  it('a probe that fails opens again for the full time, counted from its end', async () => {
    const { breaker, clock } = setUp();
    await failTimes(breaker, 3);
    clock.skip(OPEN_MS);
    const probe = held(breaker);
    clock.skip(5_000);
    probe.ends.reject(new Error('still away'));
    await settled();
    expect(breaker.state).toBe('open');
    clock.skip(OPEN_MS - 1);
    await expect(breaker.run(succeed)).rejects.toMatchObject({ cause: new Error('still away') });
    clock.skip(1);
    expect(await breaker.run(succeed)).toBe('ok');
  });

  it('a probe that is aborted counts as neither and leaves its place to the next, though its work never ends', async () => {
    const { breaker, clock } = setUp();
    await failTimes(breaker, 3);
    clock.skip(OPEN_MS);
    const controller = new AbortController();
    const probe = held(breaker, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await settled();
    expect([probe.call.error, breaker.state]).toEqual([reason, 'half-open']);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(await breaker.run(succeed)).toBe('ok');
    expect(breaker.state).toBe('closed');
  });

  it('does not count calls that were aborted, and starts none for a signal that has aborted', async () => {
    const { breaker } = setUp();
    for (let n = 0; n < 5; n += 1) {
      const controller = new AbortController();
      const call = held(breaker, controller.signal);
      controller.abort();
      call.ends.reject(new Error('aborted'));
      await settled();
    }
    expect(breaker.state).toBe('closed');
    const late = held(breaker, AbortSignal.abort());
    await settled();
    expect(late.started).toBe(false);
    await failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
  });

  it('does not listen to slow calls of an earlier state', async () => {
    const { breaker, clock } = setUp();
    const slow = [held(breaker), held(breaker), held(breaker), held(breaker)] as const;
    await failTimes(breaker, 3);
    slow[0].ends.resolve('late');
    await settled();
    expect(breaker.state).toBe('open');
    clock.skip(OPEN_MS);
    const probe = held(breaker);
    slow[1].ends.resolve('late');
    slow[2].ends.reject(new Error('late'));
    await settled();
    expect(breaker.state).toBe('half-open');
    probe.ends.resolve('back');
    await settled();
    await failTimes(breaker, 2);
    slow[3].ends.reject(new Error('late'));
    await settled();
    expect(breaker.state).toBe('closed');
  });

  it('frees the place of a probe when isFailure or a listener throws', async () => {
    const clock = new FakeClock();
    let broken = false;
    const throwIfBroken = (): void => {
      if (broken) throw new TypeError('broken');
    };
    const breaker = new CircuitBreaker({
      failuresMax: 1,
      openMs: OPEN_MS,
      clock,
      refusal: () => new Error('refused'),
      isFailure: () => {
        throwIfBroken();
        return true;
      },
      onStateChange: throwIfBroken,
    });
    await failTimes(breaker, 1);
    clock.skip(OPEN_MS);
    broken = true;
    await expect(breaker.run(succeed)).rejects.toThrow('broken');
    await expect(breaker.run(fail)).rejects.toThrow('broken');
    broken = false;
    expect(await breaker.run(succeed)).toBe('ok');
  });

  it('cannot be made so that it is always open', () => {
    for (const failuresMax of [0, -1, Number.NaN])
      expect(() => setUp(failuresMax)).toThrow(RangeError);
  });
});
