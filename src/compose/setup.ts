import type { Tracer } from '#flow/tracer';
import type { Config } from '#ops/config/settings';
import type { Logger } from '#ops/logger';
import { Meters } from '#ops/metrics/meters';
import { ReleaseStack } from '#ops/release-stack';

/** What every part of the composition gets: settings, where to log and to count, and how to be released. */
export interface Setup {
  readonly config: Config;
  readonly logger: Logger;
  readonly meters: Meters;
  /** Released in reverse order of `add`. */
  readonly releases: ReleaseStack;
  /** Default: nothing is traced. */
  readonly tracer?: Tracer;
}

/** Gives what a composition begins with. What cannot be released is logged; a command that goes on without it says so softly. */
export function newSetup(config: Config, logger: Logger, level: 'error' | 'warn' = 'warn'): Setup {
  const releases = new ReleaseStack((part, err) => {
    logger[level]({ part, err }, 'could not be released');
  });
  return { config, logger, meters: new Meters(), releases };
}
