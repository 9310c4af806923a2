import { RegistryError } from '#domain/errors';
import { CircuitBreaker, type CircuitChange } from '#flow/circuit-breaker';
import { FakeClock } from '#test/support/fake-clock';
import { type Watched, watch } from '#test/support/watch';

/** An error that is an answer. */
export class NotFound extends Error {}

export const OPEN_MS = 20_000;

/** A breaker on a clock of its own, and the changes that it told. */
export function setUp(failuresMax = 3): {
  clock: FakeClock;
  changes: CircuitChange[];
  breaker: CircuitBreaker;
} {
  const clock = new FakeClock();
  const changes: CircuitChange[] = [];
  const breaker = new CircuitBreaker({
    failuresMax,
    openMs: OPEN_MS,
    clock,
    refusal: ({ retryAfterSeconds, cause }) =>
      new RegistryError('STORE_UNAVAILABLE', 'Cannot call "x": it failed (want it back)', {
        retryAfterSeconds,
        cause,
      }),
    isFailure: (error) => !(error instanceof NotFound),
    onStateChange: (change) => changes.push(change),
  });
  return { clock, changes, breaker };
}

export interface Held {
  readonly started: boolean;
  readonly ends: { resolve: (value: string) => void; reject: (error: Error) => void };
  readonly call: Watched<string>;
}

/** A call that the test ends. */
export function held(breaker: CircuitBreaker, signal?: AbortSignal): Held {
  const ends: { resolve: (value: string) => void; reject: (error: Error) => void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  let started = false;
  const call = breaker.run(
    () =>
      new Promise<string>((resolve, reject) => {
        started = true;
        Object.assign(ends, { resolve, reject });
      }),
    { signal },
  );
  return { started, ends, call: watch(call) };
}
