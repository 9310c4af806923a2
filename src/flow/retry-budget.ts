import type { Clock } from '#flow/clock';

/** What retries are taken from. */
export interface Budget {
  /** Whole tokens that can be taken now. */
  readonly available: number;
  /** Takes one token. Gives `false` and takes nothing when there is none. */
  tryTake(): boolean;
}

export interface RetryBudgetOptions {
  /** Most tokens, and how many there are at first: the longest burst of retries. 0 allows no retry ever. */
  readonly capacity: number;
  /** Tokens that come back per second, above 0: how many retries a lasting outage causes. */
  readonly refillPerSecond: number;
  readonly clock: Clock;
}

/**
 * A bucket of retries that fills up with time alone. One that only a success fills stays empty after a long outage, when
 * nothing is tried that could succeed.
 */
export class RetryBudget implements Budget {
  readonly #options: RetryBudgetOptions;
  #tokens: number;
  #countedMs: number;

  constructor(options: RetryBudgetOptions) {
    assertFillsUp(options);
    this.#options = options;
    this.#tokens = options.capacity;
    this.#countedMs = options.clock.monotonicMs();
  }

  get available(): number {
    return Math.floor(this.#filled(this.#options.clock.monotonicMs()));
  }

  tryTake(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const filled = this.#filled(nowMs);
    if (filled < 1) return false;
    this.#tokens = filled - 1;
    this.#countedMs = nowMs;
    return true;
  }

  // From the last take and not from the last look: many looks would add up many roundings.
  #filled(nowMs: number): number {
    const { capacity, refillPerSecond } = this.#options;
    const refilled = ((nowMs - this.#countedMs) / 1_000) * refillPerSecond;
    return Math.min(capacity, this.#tokens + refilled);
  }
}

function assertFillsUp({ capacity, refillPerSecond }: RetryBudgetOptions): void {
  if (Number.isInteger(capacity) && capacity >= 0 && refillPerSecond > 0) return;
  throw new RangeError(
    `Cannot make retry budget: it holds ${capacity} and gets ${refillPerSecond} per second (want a whole number and more than 0)`,
  );
}

/** Takes one token of every budget, or none of any. */
export function tryTakeAll(budgets: readonly Budget[]): boolean {
  const distinct = [...new Set(budgets)];
  return distinct.every((budget) => budget.available >= 1) && distinct.every((b) => b.tryTake());
}

export interface KeyedRetryBudgetsOptions extends RetryBudgetOptions {
  /**
   * Keys that are remembered, from 1. With more of them in trouble at once, the one with the most tokens left is forgotten, which
   * fills it up.
   */
  readonly keysMax: number;
}

/**
 * A retry budget for each of many keys. Only keys that retried lately take up room: a full bucket is as good as none, so full
 * ones are dropped first. Making room looks at all keys.
 */
export class KeyedRetryBudgets {
  readonly #options: KeyedRetryBudgetsOptions;
  readonly #budgets = new Map<string, RetryBudget>();

  constructor(options: KeyedRetryBudgetsOptions) {
    assertFillsUp(options);
    if (!(options.keysMax >= 1)) {
      throw new RangeError(
        `Cannot make retry budgets: keysMax is ${options.keysMax} (want 1 or more)`,
      );
    }
    this.#options = options;
  }

  /** Keys that are remembered now. */
  get size(): number {
    return this.#budgets.size;
  }

  /** Gives the budget of a key, which stays the same one however often its key was dropped and remembered since. */
  of(key: string): Budget {
    const available = (): number => this.#budgets.get(key)?.available ?? this.#options.capacity;
    return {
      get available() {
        return available();
      },
      tryTake: () => (this.#budgets.get(key) ?? this.#remember(key)).tryTake(),
    };
  }

  #remember(key: string): RetryBudget {
    if (this.#budgets.size >= this.#options.keysMax) this.#makeRoom();
    const budget = new RetryBudget(this.#options);
    this.#budgets.set(key, budget);
    return budget;
  }

  #makeRoom(): void {
    const { capacity, keysMax } = this.#options;
    let [fullest, most] = ['', -1];
    for (const [key, { available }] of this.#budgets) {
      if (available === capacity) this.#budgets.delete(key);
      else if (available > most) [fullest, most] = [key, available];
    }
    if (this.#budgets.size >= keysMax) this.#budgets.delete(fullest);
  }
}
