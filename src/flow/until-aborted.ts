/** Something that a caller may stop waiting for. */
export interface Abortable {
  /** Ends the wait; what the call then rejects with is the signal's reason. Default none: it waits to the end. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for work until the signal aborts, then rejects with the signal's reason. The work goes on unless it sees the signal
 * too; how it ends then is of no interest. Does not start the work when the signal has aborted, and leaves no listener.
 */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return await work();
  signal.throwIfAborted();
  let giveUp = (): void => undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      giveUp = () => reject(signal.reason as Error);
      // Before the work listens: the caller gets the reason, not what the work makes of it.
      signal.addEventListener('abort', giveUp);
      work().then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
