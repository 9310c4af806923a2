import type { Finding } from '#cli/doctor/finding';
import type { Setup } from '#compose/setup';

/** What a check gets: what it opens it adds to the releases, and it is given up after so long. */
export interface CheckSetup extends Setup {
  readonly timeoutMs: number;
  readonly monitors: readonly string[];
}

/** Looks at one part. What it throws is a problem. */
export type Check = (setup: CheckSetup) => Promise<readonly Finding[]>;
