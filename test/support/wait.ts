import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds; fails with what it last gave when it does not within the time. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  timeoutMs = 20_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await check();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error(`Waited ${timeoutMs} ms in vain for: ${what} (last: ${String(last)})`, {
    cause: last,
  });
}
