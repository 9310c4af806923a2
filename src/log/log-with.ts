import type { EventLog } from '#log/event-log';

/** Gives a log that does some things otherwise than another one, and everything else as that one does it. */
export function logWith(log: EventLog, own: Partial<EventLog>): EventLog {
  return {
    name: log.name,
    append: (...args) => log.append(...args),
    readSubject: (...args) => log.readSubject(...args),
    head: () => log.head(),
    follow: (options) => log.follow(options),
    readRange: (options) => log.readRange(options),
    ...own,
  };
}
