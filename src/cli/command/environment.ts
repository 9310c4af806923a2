/** Gives a variable of this process; `undefined` for one that is not set, or set to nothing. */
export function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}
