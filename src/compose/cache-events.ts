import type { CacheEvent } from '#cache/cache-event';
import type { Logger } from '#ops/logger';

/** Writes what the cache does by itself into the log: what it does all day quietly, damage and failures loudly. */
export function cacheLogger(logger: Logger): (event: CacheEvent) => void {
  return (event) => {
    const fields = { part: 'dataset cache', ...event };
    switch (event.kind) {
      case 'downloaded':
      case 'evicted':
        logger.info(fields, `a dataset was ${event.kind}`);
        break;
      case 'damaged':
        logger.warn(fields, 'the bytes of a dataset are damaged');
        break;
      case 'quarantined':
        logger.error(fields, 'a dataset is left alone: its bytes were wrong again and again');
        break;
      case 'failed':
        logger.warn({ ...fields, error: undefined, err: event.error }, `${event.work} has failed`);
        break;
      default:
        event satisfies never;
    }
  };
}
