import type { Tracer } from '#flow/tracer';
import type { Config } from '#ops/config/settings';
import type { Logger } from '#ops/logger';
import type { Meters } from '#ops/metrics/meters';
import type { ReleaseStack } from '#ops/release-stack';

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
