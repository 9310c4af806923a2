import { z } from 'zod';
import { setting, whole } from '#ops/config/setting';

/** The kinds of requests whose lines can be thinned out. */
export const LOGGED_CLASSES = [
  'health',
  'read',
  'rows',
  'bytes',
  'check',
  'command',
  'stream',
] as const;
export type LoggedClass = (typeof LOGGED_CLASSES)[number];

/** The share of lines that is written, by the class of the request. */
export type LogShares = Readonly<Record<LoggedClass, number>>;

const DEFAULTS: LogShares = {
  health: 0.01,
  read: 1,
  rows: 1,
  bytes: 1,
  check: 1,
  command: 1,
  stream: 1,
};
const WANT = `want class=share with commas, for example health=0,read=0.1; classes are ${LOGGED_CLASSES.join(', ')}, shares 0 to 1`;
const PAIR = /^\s*(\w+)=(0|1|0\.\d{1,6}|1\.0{1,6})\s*$/;

const shares = z
  .string()
  .optional()
  .transform((value = '') => value.split(',').filter((part) => part.trim() !== ''))
  .refine((parts) => parts.every((part) => isKnown(PAIR.exec(part)?.[1])), { error: WANT })
  .transform((parts): LogShares => {
    const given = parts.map((part) => PAIR.exec(part) ?? []);
    return { ...DEFAULTS, ...Object.fromEntries(given.map(([, name, n]) => [name, Number(n)])) };
  });

function isKnown(name: string | undefined): boolean {
  return LOGGED_CLASSES.some((known) => known === name);
}

/** The settings of the log. */
export const LOG_SETTINGS = {
  logLevel: setting('ATLAS_LOG_LEVEL', z.enum(['debug', 'info', 'warn', 'error', 'silent']), {
    default: 'info',
    doc: 'Least severe log line that is written.',
  }),
  logShares: setting('ATLAS_LOG_REQUESTS', shares, {
    default: 'health=0.01',
    doc: 'The share of requests whose line is written, by class (`health`, `read`, `rows`, `bytes`, `check`, `command`, `stream`); those that are not named are written. Those that failed or were refused, were slow or are traced are always written.',
  }),
  logSlowMs: setting('ATLAS_LOG_SLOW_MS', whole(0, 600_000), {
    default: '1000',
    doc: 'A request that took this long is always written.',
  }),
} as const;
