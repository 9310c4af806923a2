/** A version of nats-server: major and minor. */
export type NatsVersion = readonly [major: number, minor: number];

// Debian's 2.9 has no sync_interval: always; before 2.11 a new leader could miss acknowledged messages (#6194, #6485),
// and compare-and-set was not serializable on clusters (#4320).
const VERSION_MIN: NatsVersion = [2, 11];

/** What is wanted of a server, for messages that refuse one. */
export const VERSION_WANTED = `${VERSION_MIN.join('.')} or later: before it there is no "sync_interval: always", and compare-and-set could be lost on clusters`;

/** Tells whether a version, such as `2.14.0`, is the given one or newer. Default: the oldest that the registry takes. */
export function isAtLeast(version: string, [major, minor]: NatsVersion = VERSION_MIN): boolean {
  const [actualMajor = 0, actualMinor = 0] = version.split('.').map(Number);
  return actualMajor > major || (actualMajor === major && actualMinor >= minor);
}
