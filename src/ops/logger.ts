import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { shownError } from '#ops/shown-error';

export type { Logger } from 'pino';

/**
 * Makes the logger: one JSON object a line on standard error, so that standard output stays for people and pipes. Of errors it
 * writes what is allowed, see `shownError`, whatever member they stand in.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withShownErrors },
      serializers: { err: (shown: unknown) => shown },
      hooks: { logMethod: withOwnMessage },
      redact: { paths: ['*.authorization', '*.token', '*.password'], censor: '[redacted]' },
    },
    destination,
  );
}

/** Where a caller gives no message, the one of the error would be taken. */
function withOwnMessage(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, ...rest] = args;
  if (rest.length > 0 || typeof first !== 'object') method.apply(this, args);
  else method.apply(this, [first, 'event']);
}

function withShownErrors(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields);
  if (!entries.some(([name, value]) => name === 'err' || value instanceof Error)) return fields;
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      name === 'err' || value instanceof Error ? shownError(value) : value,
    ]),
  );
}
