/*
 * | state     | run()                              | answer        | failure                        | aborted        |
 * | --------- | ---------------------------------- | ------------- | ------------------------------ | -------------- |
 * | closed    | runs                               | count is 0    | count + 1; at the most: open   | nothing        |
 * | open      | refused; when the time is over:    | -             | -                              | -              |
 * |           | half-open, and this call probes    |               |                                |                |
 * | half-open | the first probes, others refused   | closed        | open for the full time         | place is free  |
 *
 * An answer is a success, or an error that does not speak against the other side. A call counts only in the state in which it
 * began: what a slow call of an earlier state comes to says nothing about now. No timers: time is looked at when somebody calls.
 */
import type { Clock } from '#flow/clock';
import { type Abortable, untilAborted } from '#flow/until-aborted';

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitChange {
  readonly from: CircuitState;
  readonly to: CircuitState;
}

/** Why a call is refused. */
export interface CircuitRefusal {
  /** Whole seconds, from 1, after which a call may be let through. */
  readonly retryAfterSeconds: number;
  /** The failure that opened the circuit. */
  readonly cause: unknown;
}

export interface CircuitBreakerOptions {
  /** Failures in a row that open it, from 1. Too few and one bad moment shuts everybody out. */
  readonly failuresMax: number;
  /** Time without calls after that, and after each probe that failed. */
  readonly openMs: number;
  readonly clock: Clock;
  /** Makes the error of a call that is refused. */
  readonly refusal: (refusal: CircuitRefusal) => Error;
  /** Tells errors that speak against the other side from those that are an answer, such as "not found". Default: all do. */
  readonly isFailure?: (error: unknown) => boolean;
  /** Hears of every change after it was made. Must not throw. */
  readonly onStateChange?: (change: CircuitChange) => void;
}

type Running =
  | { readonly name: 'closed'; failures: number }
  | { readonly name: 'half-open'; probing: boolean; readonly cause: unknown };
type State = Running | { readonly name: 'open'; readonly untilMs: number; readonly cause: unknown };
type Verdict =
  | { readonly kind: 'answer' }
  | { readonly kind: 'failure'; readonly cause: unknown }
  | { readonly kind: 'aborted' };

/** Keeps calls away from another side that fails, and lets one at a time find out whether it is back. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: State = { name: 'closed', failures: 0 };

  constructor(options: CircuitBreakerOptions) {
    if (!(options.failuresMax >= 1)) {
      throw new RangeError(
        `Cannot make circuit breaker: failuresMax is ${options.failuresMax} (want 1 or more)`,
      );
    }
    this.#options = options;
  }

  /** Open circuits are called so until somebody calls, even when their time is over. */
  get state(): CircuitState {
    return this.#state.name;
  }

  /**
   * Runs work unless the circuit is open. The call rejects when the signal aborts, whatever the work does then. Work needs a
   * deadline of its own: a probe that never ends keeps everybody else out.
   * @throws what `refusal` makes, at once, when the circuit is open or another probe is running: the work was not started
   */
  async run<T>(work: () => Promise<T>, { signal }: Abortable = {}): Promise<T> {
    signal?.throwIfAborted();
    const begun = this.#enter();
    let verdict: Verdict = { kind: 'aborted' };
    try {
      const result = await untilAborted(signal, work);
      verdict = { kind: 'answer' };
      return result;
    } catch (error) {
      if (signal?.aborted !== true) verdict = this.#judge(error);
      throw error;
    } finally {
      if (begun === this.#state) this.#conclude(begun, verdict);
    }
  }

  #enter(): Running {
    const state = this.#ready();
    if (state.name === 'half-open') {
      if (state.probing) throw this.#options.refusal({ retryAfterSeconds: 1, cause: state.cause });
      state.probing = true;
    }
    return state;
  }

  #ready(): Running {
    if (this.#state.name !== 'open') return this.#state;
    const { cause, untilMs } = this.#state;
    const leftMs = untilMs - this.#options.clock.monotonicMs();
    if (leftMs > 0) {
      throw this.#options.refusal({ retryAfterSeconds: Math.ceil(leftMs / 1_000), cause });
    }
    const ready: Running = { name: 'half-open', probing: false, cause };
    this.#become(ready);
    return ready;
  }

  #judge(error: unknown): Verdict {
    const { isFailure = () => true } = this.#options;
    return isFailure(error) ? { kind: 'failure', cause: error } : { kind: 'answer' };
  }

  #conclude(state: Running, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'answer':
        if (state.name === 'closed') state.failures = 0;
        else this.#become({ name: 'closed', failures: 0 });
        break;
      case 'failure':
        this.#fail(state, verdict.cause);
        break;
      case 'aborted':
        if (state.name === 'half-open') state.probing = false;
        break;
    }
  }

  #fail(state: Running, cause: unknown): void {
    const { clock, failuresMax, openMs } = this.#options;
    if (state.name === 'closed') {
      state.failures += 1;
      if (state.failures < failuresMax) return;
    }
    this.#become({ name: 'open', untilMs: clock.monotonicMs() + openMs, cause });
  }

  #become(state: State): void {
    const from = this.#state.name;
    this.#state = state;
    this.#options.onStateChange?.({ from, to: state.name });
  }
}
