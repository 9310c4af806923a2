const SEGMENT = /^[A-Za-z0-9._=-]+$/;

/** Checks that a path stays in the store and has no characters that a store might read otherwise. @throws RangeError */
export function checkStorePath(path: string): string {
  const isInside = path
    .split('/')
    .every((part) => SEGMENT.test(part) && part !== '.' && part !== '..');
  if (isInside) return path;
  throw new RangeError('it leads out of the store (want segments of letters, digits and . _ - =)');
}
