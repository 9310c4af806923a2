import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Makes the logger: one JSON object a line on standard error, so that standard output stays for people and pipes. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['*.authorization', '*.token', '*.password'], censor: '[redacted]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
