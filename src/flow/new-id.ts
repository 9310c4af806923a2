import { v7 as uuidV7 } from 'uuid';

/** Makes a UUIDv7: unique, and sorted by the time it was made. */
export function newId(): string {
  return uuidV7();
}
