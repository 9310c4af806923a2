import { setTimeout as delay } from 'node:timers/promises';
import type { TextOutput } from '#cli/command/progress';

/** What one look at a cache gave: what to show, and the exit code that goes with it. */
export interface Look {
  readonly text: string;
  readonly exitCode: number;
}

export interface WatchOptions {
  readonly look: () => Promise<Look>;
  readonly out: TextOutput;
  readonly everyMs: number;
  /** Aborts when nobody wants to see more. */
  readonly signal: AbortSignal;
}

const CLEAR = '\u001b[2J\u001b[H';

/** Shows a cache again and again, each time in the place of the last. Gives the exit code of what was shown last. */
export async function watchCache({ look, out, everyMs, signal }: WatchOptions): Promise<number> {
  let exitCode = 0;
  while (!signal.aborted) {
    const seen = await look();
    // What was cut off by the end says nothing about the registry.
    if (signal.aborted) break;
    exitCode = seen.exitCode;
    out.write(`${CLEAR}${seen.text}`);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return exitCode;
}
