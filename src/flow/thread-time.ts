import { readFileSync, readlinkSync } from 'node:fs';

/** Gives the id of the thread that calls, as the operating system knows it; `undefined` where it does not tell. */
export function ownThreadId(): number | undefined {
  try {
    return Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1]) || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Gives the milliseconds that a thread of this process has run on a processor; `undefined` where nobody knows. Other than
 * what a clock shows it does not grow while the thread waits for a busy machine. Takes some 10 us.
 */
export function threadTimeMs(threadId: number | undefined): number | undefined {
  if (threadId === undefined) return undefined;
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${threadId}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1_000_000;
  } catch {
    return undefined;
  }
}
