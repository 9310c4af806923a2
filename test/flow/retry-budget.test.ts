import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedRetryBudgets, RetryBudget, tryTakeAll } from '#flow/retry-budget';
import { FakeClock } from '#test/support/fake-clock';

function drain(budget: { tryTake(): boolean }): number {
  let taken = 0;
  while (budget.tryTake()) taken += 1;
  return taken;
}

describe('RetryBudget', () => {
  it('gives its capacity at once and then no more', () => {
    const budget = new RetryBudget({ capacity: 20, refillPerSecond: 1, clock: new FakeClock() });
    expect(budget.available).toBe(20);
    expect(drain(budget)).toBe(20);
    expect([budget.available, budget.tryTake()]).toEqual([0, false]);
  });

  it('fills up with time alone, without any success, and never above its capacity', async () => {
    const clock = new FakeClock();
    const budget = new RetryBudget({ capacity: 20, refillPerSecond: 2, clock });
    drain(budget);
    await clock.advance(499);
    expect(budget.available).toBe(0);
    await clock.advance(1);
    expect(budget.available).toBe(1);
    await clock.advance(60_000);
    expect(budget.available).toBe(20);
    expect(drain(budget)).toBe(20);
  });

  it('is not filled less for being looked at often', async () => {
    const clock = new FakeClock();
    const budget = new RetryBudget({ capacity: 1, refillPerSecond: 0.1, clock });
    drain(budget);
    for (let ms = 0; ms < 10_000; ms += 1) {
      expect(budget.available).toBe(0);
      clock.skip(1);
    }
    expect(budget.available).toBe(1);
  });

  it('grants in any span of time at most its capacity and what came back in that time', () => {
    const steps = fc.array(fc.record({ ms: fc.nat(3_000), tries: fc.nat(6) }), { maxLength: 40 });
    const capacity = fc.nat(8);
    const refill = fc.double({ min: 0.01, max: 10, noNaN: true });
    fc.assert(
      fc.property(steps, capacity, refill, (steps, capacity, refillPerSecond) => {
        const clock = new FakeClock();
        const budget = new RetryBudget({ capacity, refillPerSecond, clock });
        let model = capacity;
        for (const { ms, tries } of steps) {
          clock.skip(ms);
          model = Math.min(capacity, model + (ms * refillPerSecond) / 1_000);
          for (let tried = 0; tried < tries; tried += 1) {
            // Where the two differ by a rounding, either answer is right.
            const isClose = Math.abs(model - Math.round(model)) < 1e-6;
            const granted = budget.tryTake();
            if (!isClose) expect(granted).toBe(model >= 1);
            if (granted) model -= 1;
            expect(model).toBeGreaterThan(-1e-6);
          }
          expect(budget.available).toBeLessThanOrEqual(capacity);
          expect(Math.abs(budget.available - model)).toBeLessThan(1 + 1e-6);
        }
      }),
    );
  });

  it('cannot be made so that it never fills up again', () => {
    const clock = new FakeClock();
    for (const refillPerSecond of [0, -1, Number.NaN]) {
      expect(() => new RetryBudget({ capacity: 1, refillPerSecond, clock })).toThrow(RangeError);
    }
    for (const capacity of [-1, 1.5, Number.NaN]) {
      expect(() => new RetryBudget({ capacity, refillPerSecond: 1, clock })).toThrow(RangeError);
    }
  });
});

describe('tryTakeAll()', () => {
  it('takes one token of every budget, or none of any', () => {
    const clock = new FakeClock();
    const large = new RetryBudget({ capacity: 5, refillPerSecond: 1, clock });
    const small = new RetryBudget({ capacity: 2, refillPerSecond: 1, clock });
    const taken = [1, 2, 3].map(() => tryTakeAll([large, small]));
    expect(taken).toEqual([true, true, false]);
    expect([large.available, small.available]).toEqual([3, 0]);
    expect(tryTakeAll([small, large])).toBe(false);
    expect(large.available).toBe(3);
  });

  it('takes one token of a budget that is named twice, and is true for none', () => {
    const budget = new RetryBudget({ capacity: 1, refillPerSecond: 1, clock: new FakeClock() });
    expect(tryTakeAll([budget, budget])).toBe(true);
    expect(budget.available).toBe(0);
    expect(tryTakeAll([])).toBe(true);
  });
});

describe('KeyedRetryBudgets', () => {
  function setUp(keysMax: number): { clock: FakeClock; budgets: KeyedRetryBudgets } {
    const clock = new FakeClock();
    const budgets = new KeyedRetryBudgets({ keysMax, capacity: 3, refillPerSecond: 1, clock });
    return { clock, budgets };
  }

  it('gives every key a budget of its own, the same one each time', () => {
    const { budgets } = setUp(10);
    expect(drain(budgets.of('a'))).toBe(3);
    expect(budgets.of('a').tryTake()).toBe(false);
    expect(budgets.of('b').available).toBe(3);
  });

  it('remembers no key that only was looked at', () => {
    const { budgets } = setUp(10);
    expect(budgets.of('a').available).toBe(3);
    expect(budgets.size).toBe(0);
    budgets.of('a').tryTake();
    expect(budgets.size).toBe(1);
  });

  it('drops full budgets first, which changes nothing for their keys', async () => {
    const { clock, budgets } = setUp(3);
    budgets.of('full again').tryTake();
    budgets.of('full again, too').tryTake();
    await clock.advance(1_000);
    drain(budgets.of('empty'));
    budgets.of('new').tryTake();
    expect(budgets.size).toBe(2);
    const left = ['full again', 'full again, too', 'empty', 'new'].map(
      (key) => budgets.of(key).available,
    );
    expect(left).toEqual([3, 3, 0, 2]);
  });

  it('drops the one with the most tokens when none is full, and keeps the emptiest', () => {
    const { budgets } = setUp(3);
    drain(budgets.of('empty'));
    budgets.of('two left').tryTake();
    for (let take = 0; take < 2; take += 1) budgets.of('one left').tryTake();
    drain(budgets.of('new'));
    const left = ['empty', 'two left', 'one left', 'new'].map((key) => budgets.of(key).available);
    expect(left).toEqual([0, 3, 1, 0]);
    expect(budgets.size).toBe(3);
  });

  it('cannot be made without room for a key, or so that it never fills up again', () => {
    const clock = new FakeClock();
    expect(() => setUp(0)).toThrow(RangeError);
    const empty = { keysMax: 1, capacity: 1, refillPerSecond: 0, clock };
    expect(() => new KeyedRetryBudgets(empty)).toThrow(RangeError);
  });

  it('never remembers more keys than allowed, however many there are', async () => {
    const { clock, budgets } = setUp(50);
    for (let key = 0; key < 1_000; key += 1) {
      for (let take = 0; take <= key % 4; take += 1) budgets.of(`key ${key}`).tryTake();
      if (key % 10 === 0) await clock.advance(key % 500);
      expect(budgets.size).toBeLessThanOrEqual(50);
    }
  });

  it('a budget in hand stays the one of its key, though the key was dropped and came back', async () => {
    const { clock, budgets } = setUp(1);
    const inHand = budgets.of('a');
    inHand.tryTake();
    await clock.advance(1_000);
    budgets.of('b').tryTake();
    await clock.advance(1_000);
    drain(budgets.of('a'));
    expect([inHand.available, inHand.tryTake()]).toEqual([0, false]);
  });
});
