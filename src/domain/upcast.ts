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

/** Refuses event data of a shape that is newer than this code. @throws CORRUPT_EVENT */
export function checkDataVersion(type: string, version: number): void {
  if (version > DATA_VERSION) {
    throw new RegistryError(
      'CORRUPT_EVENT',
      `Cannot read event ${quote(type)}: its data version is ${version} (want at most ${DATA_VERSION}; start a newer node)`,
      { details: { type, version } },
    );
  }
}
