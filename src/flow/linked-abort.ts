/** A signal that follows others, until it is let go. */
export interface LinkedAbort extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Gives a signal that aborts with the first of several. `AbortSignal.any` of Node 20 leaves an entry on each of them for every
 * call, for as long as they live: where one of them lives for days and calls are many, link and let go instead.
 */
export function linkAborts(...signals: readonly AbortSignal[]): LinkedAbort {
  const linked = new AbortController();
  const ends = signals.map((signal) => {
    const abort = (): void => linked.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return (): void => signal.removeEventListener('abort', abort);
  });
  return {
    signal: linked.signal,
    [Symbol.dispose]: () => {
      for (const end of ends) end();
    },
  };
}
