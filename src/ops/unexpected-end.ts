import type { Logger } from '#ops/logger';

/**
 * Ends the process when an error reaches nobody, as Node does by itself. Node would write everything that the error carries: here
 * the log tells of it, and so only what may be shown.
 */
export function endOnUnexpectedError(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'the process ends: an error reached nobody');
    process.exit(1);
  });
}
