const WATCHED = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  String: String.prototype,
  Number: Number.prototype,
  Map: Map.prototype,
  Error: Error.prototype,
  Promise: Promise.prototype,
};

/** Gives what stands on the prototypes that everything inherits from. */
export function prototypes(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(WATCHED).map(([name, prototype]) => [
      name,
      Reflect.ownKeys(prototype).map(String).toSorted(),
    ]),
  );
}
