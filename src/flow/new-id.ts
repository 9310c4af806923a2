import { randomUUID } from 'node:crypto';

/**
 * Makes a UUIDv7 (RFC 9562): 48 bits of time, the rest random, so that ids sort by when they were made.
 * The random part is that of `randomUUID`, which keeps its entropy in stock; drawing it anew costs several times as much.
 */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
