import { quote, RegistryError } from '#domain/errors';

/** The version of the shape of event data that this code writes. Older ones are upcast on read. */
export const DATA_VERSION = 1;

/** Makes the error for an event type that this code does not know: a projection halts on it. */
export function unknownEventType(kind: string, type: string): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot read ${kind} event ${quote(type)}: its type is unknown (want a node of the version that wrote it)`,
    { details: { kind, type } },
  );
}

/** Tells whether this code can read event data of a version; a newer one takes a newer node. */
export function isReadableDataVersion(version: number): boolean {
  return Number.isInteger(version) && version >= 1 && version <= DATA_VERSION;
}
