import { ask, Refusal } from '#console/api/ask';
import { pause } from '#console/api/pause';

/** How often one question is asked again: some minutes, by what the registry says of when to come back. */
const RETRIES_MAX = 30;

/** Asks again when the registry says when to: a long list may cost more than one client may ask for at once. @throws Refusal */
export async function askPatiently<T>(path: string, signal: AbortSignal): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await ask<T>(path, { signal });
    } catch (error) {
      const waitMs = error instanceof Refusal ? error.retryAfterMs : undefined;
      if (waitMs === undefined || retries === RETRIES_MAX) throw error;
      await pause(waitMs, signal);
    }
  }
}
