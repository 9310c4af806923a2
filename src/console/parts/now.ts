import { signal } from '@preact/signals';

const TICK_MS = 10_000;

/** The time by which moments are told, moved on every few seconds. */
export const now = signal(Date.now());

/** Moves the time on for as long as the console is open. */
export function followTime(): () => void {
  const timer = setInterval(() => {
    now.value = Date.now();
  }, TICK_MS);
  return () => clearInterval(timer);
}
