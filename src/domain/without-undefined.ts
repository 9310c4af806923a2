/** What is left of an object without the keys whose value is undefined. Its values are shared with the object. */
export function withoutUndefined<T extends object>(
  values: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as never;
}
