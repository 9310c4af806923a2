/** Copies parsed WIT without the places where things stand, to compare what is said. */
export function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'at')
      .map(([name, inner]) => [name, withoutPlaces(inner)]),
  );
}
