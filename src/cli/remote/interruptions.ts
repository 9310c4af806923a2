import type { CommandHost } from '#cli/command/command-host';
import { printable } from '#cli/command/printable';

/** What a command that follows events hears of its connection. */
export interface ConnectionListeners {
  readonly onConnection: () => void;
  readonly onInterruption: (why: Error, pauseMs: number) => void;
}

/**
 * Says on standard error when a connection is lost, and when it is tried again. Whoever has named a registry that was never there is not
 * kept waiting for it: then the fault is thrown, unless `isThere` says that it has answered already.
 */
export function interruptionWriter(
  { err }: Pick<CommandHost, 'err'>,
  { isThere = false }: { readonly isThere?: boolean } = {},
): ConnectionListeners {
  let hasAnswered = isThere;
  return {
    onConnection: () => {
      hasAnswered = true;
    },
    onInterruption: (why, pauseMs) => {
      if (!hasAnswered) throw why;
      const seconds = (pauseMs / 1_000).toFixed(1);
      err.write(`${printable(`Interrupted: ${why.message}; again in ${seconds} s`)}\n`);
    },
  };
}
