import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { type Retryable, type RetryNote, type RetryOptions, retry } from '#flow/retry';
import { RetryBudget } from '#flow/retry-budget';
import { FakeClock, settled } from '#test/support/fake-clock';
import { type Watched, watch } from '#test/support/watch';

const NEARLY_ONE = 1 - Number.EPSILON / 2;

interface Outcome {
  readonly call: Watched<unknown>;
  readonly notes: RetryNote[];
  /** When each attempt began. */
  readonly startedMs: number[];
}

/** Runs work that always fails to its end, and notes what it did. */
async function exhaust(clock: FakeClock, options: Partial<RetryOptions>): Promise<Outcome> {
  const [notes, startedMs]: [RetryNote[], number[]] = [[], []];
  const call = watch(
    retry(
      async (attempt) => {
        startedMs.push(clock.monotonicMs());
        throw new Error(`attempt ${attempt} failed`);
      },
      {
        attemptsMax: 4,
        baseMs: 100,
        capMs: 1_000,
        clock,
        random: () => NEARLY_ONE,
        isRetryable: () => true,
        onRetry: (note) => notes.push(note),
        ...options,
      },
    ),
  );
  await clock.advance(100_000_000);
  return { call, notes, startedMs };
}

describe('retry()', () => {
  it('gives what the first attempt gives without a wait, and what a later one gives', async () => {
    const clock = new FakeClock();
    const options = { attemptsMax: 3, baseMs: 100, capMs: 1_000, clock, isRetryable: () => true };
    expect(await retry(async (attempt) => attempt, options)).toBe(1);
    const third = watch(
      retry(async (attempt) => {
        if (attempt < 3) throw new Error('not yet');
        return attempt;
      }, options),
    );
    await clock.advance(1_000);
    expect(third).toEqual({ value: 3 });
  });

  it('throws the last error itself, with its own cause, after exactly the allowed attempts', async () => {
    const clock = new FakeClock();
    const cause = new Error('connection reset');
    const errors = [1, 2, 3].map((n) => new Error(`attempt ${n}`, { cause }));
    let attempts = 0;
    const call = watch(
      retry(
        async () => {
          attempts += 1;
          throw errors[attempts - 1] ?? new Error('one too many');
        },
        { attemptsMax: 3, baseMs: 100, capMs: 1_000, clock, isRetryable: () => true },
      ),
    );
    await clock.advance(10_000);
    expect(call.error).toBe(errors[2]);
    expect(call.error).toHaveProperty('cause', cause);
    expect(attempts).toBe(3);
  });

  it('retries what is thrown at once, too', async () => {
    const clock = new FakeClock();
    const call = watch(
      retry(
        (attempt) => {
          if (attempt === 1) throw new Error('at once');
          return Promise.resolve(attempt);
        },
        { attemptsMax: 2, baseMs: 100, capMs: 1_000, clock, isRetryable: () => true },
      ),
    );
    await clock.advance(100);
    expect(call.value).toBe(2);
  });

  it('waits at most the base before the first retry, twice that before the next, and never more than the cap', async () => {
    const clock = new FakeClock();
    const { startedMs, notes } = await exhaust(clock, { attemptsMax: 7 });
    const waits = startedMs.slice(1).map((ms, i) => Math.round(ms - (startedMs[i] ?? 0)));
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(notes.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(notes.map(({ delayMs }) => Math.round(delayMs))).toEqual(waits);
    expect(notes.map(({ error }) => String(error))[0]).toBe('Error: attempt 1 failed');
  });

  it('waits a uniform part of that: full jitter', async () => {
    const clock = new FakeClock();
    const drawn = [0, 0.25, 0.5];
    const { notes } = await exhaust(clock, { random: () => drawn.shift() ?? 1 });
    expect(notes.map(({ delayMs }) => delayMs)).toEqual([0, 50, 200]);
  });

  it('never makes more attempts than allowed, nor more retries than the budgets have, nor a wait over the cap', async () => {
    const small = fc.integer({ min: 1, max: 9 });
    const ms = fc.integer({ min: 1, max: 5_000 });
    const afterMs = fc.option(fc.integer({ min: -10, max: 9_000 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        small,
        fc.array(fc.nat(9), { maxLength: 3 }),
        fc.tuple(ms, ms, afterMs),
        async (attemptsMax, capacities, [baseMs, capMs, afterMs]) => {
          const clock = new FakeClock();
          // So slow that no token comes back during the test.
          const budgets = capacities.map(
            (capacity) => new RetryBudget({ capacity, refillPerSecond: 1e-9, clock }),
          );
          const isRetryable = (): Retryable => (afterMs === undefined ? true : { afterMs });
          const options = { attemptsMax, baseMs, capMs, budgets, isRetryable, random: Math.random };
          const { call, notes, startedMs } = await exhaust(clock, options);
          const retries = Math.min(attemptsMax - 1, ...capacities);
          expect(startedMs.length).toBe(1 + retries);
          expect(String(call.error)).toBe(`Error: attempt ${1 + retries} failed`);
          expect(budgets.map(({ available }) => available)).toEqual(
            capacities.map((capacity) => capacity - retries),
          );
          for (const { delayMs } of notes) {
            expect(delayMs).toBeGreaterThanOrEqual(Math.min(capMs, Math.max(0, afterMs ?? 0)));
            expect(delayMs).toBeLessThanOrEqual(capMs);
          }
        },
      ),
    );
  });

  it('the first attempt needs no token, and the retry takes one of every budget or of none', async () => {
    const clock = new FakeClock();
    const full = new RetryBudget({ capacity: 5, refillPerSecond: 1e-9, clock });
    const empty = new RetryBudget({ capacity: 0, refillPerSecond: 1, clock });
    const { startedMs } = await exhaust(clock, { budgets: [full, empty] });
    expect([startedMs.length, full.available]).toEqual([1, 5]);
  });

  it('waits what the error asks for and the jitter on top, within the cap', async () => {
    const clock = new FakeClock();
    const asked = [600, 3_000, 0];
    const isRetryable = (): Retryable => ({ afterMs: asked.shift() ?? 0 });
    const { notes } = await exhaust(clock, { isRetryable, random: () => 0.5 });
    expect(notes.map(({ delayMs }) => delayMs)).toEqual([650, 1_000, 200]);
  });

  it('does not retry what is not retryable, and takes no token for it', async () => {
    const clock = new FakeClock();
    const budget = new RetryBudget({ capacity: 5, refillPerSecond: 1, clock });
    const error = new RegistryError('NOT_FOUND', 'Cannot get artifact "x": it is not there');
    const isRetryable = (error: unknown): boolean => !(error instanceof RegistryError);
    const call = retry(() => Promise.reject(error), {
      attemptsMax: 3,
      baseMs: 100,
      capMs: 1_000,
      clock,
      budgets: [budget],
      isRetryable,
    });
    await expect(call).rejects.toBe(error);
    expect([budget.available, clock.sleeping]).toEqual([5, 0]);
  });

  it("an abort ends the wait with the signal's reason, and leaves neither timer nor listener", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    let attempts = 0;
    const call = watch(
      retry(
        async () => {
          attempts += 1;
          throw new Error('no');
        },
        {
          attemptsMax: 3,
          baseMs: 100,
          capMs: 1_000,
          clock,
          random: () => 0.5,
          isRetryable: () => true,
          signal: controller.signal,
        },
      ),
    );
    await settled();
    expect(clock.sleeping).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    await settled();
    expect([call.error, attempts, clock.sleeping]).toEqual([reason, 1, 0]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('an attempt during which the signal aborts is the last, and one before starts none', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const budget = new RetryBudget({ capacity: 5, refillPerSecond: 1, clock });
    let attempts = 0;
    const options = {
      attemptsMax: 3,
      baseMs: 100,
      capMs: 1_000,
      clock,
      budgets: [budget],
      isRetryable: () => true,
      signal: controller.signal,
    };
    const work = async (): Promise<void> => {
      attempts += 1;
      controller.abort(new Error('enough'));
      throw new Error('what the work made of it');
    };
    await expect(retry(work, options)).rejects.toThrow('what the work made of it');
    await expect(retry(work, options)).rejects.toThrow('enough');
    expect([attempts, budget.available, clock.sleeping]).toEqual([1, 5, 0]);
  });

  it('cannot be asked for no attempt, or for no bound', async () => {
    const clock = new FakeClock();
    for (const attemptsMax of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { call, startedMs } = await exhaust(clock, { attemptsMax });
      expect(call.error).toBeInstanceOf(RangeError);
      expect(startedMs).toEqual([]);
    }
  });
});
