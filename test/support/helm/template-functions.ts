import { stringify } from 'yaml';

// Helm reads numbers of values as floats: from here on it prints them as 1e+06.
const PRINTED_MAX = 1_000_000;

/** Says what a template takes for true: what is neither empty nor 0. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Writes a value as an action does. @throws Error for what Helm would write in a way that nobody wants */
export function printed(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < PRINTED_MAX)
    return String(value);
  throw new Error(`Cannot print ${JSON.stringify(value)} (want a text, a truth or a small number)`);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is no text`);
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new Error(`${JSON.stringify(value)} is no whole number`);
  return value;
}

function indented(spaces: unknown, lines: unknown): string {
  const margin = ' '.repeat(number(spaces));
  return text(lines).replaceAll(/^/gm, margin);
}

function smallNumbers(value: unknown): void {
  if (typeof value === 'number') printed(value);
  if (typeof value === 'object' && value !== null)
    for (const one of Object.values(value)) smallNumbers(one);
}

/** The functions of the subset, by their names. Others are refused. */
export const FUNCTIONS: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  add: (...numbers) => numbers.reduce((sum: number, one) => sum + number(one), 0),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  default: (otherwise, value) => (isTrue(value) ? value : otherwise),
  dict: (...pairs) =>
    Object.fromEntries(
      pairs.flatMap((key, index) => (index % 2 === 0 ? [[text(key), pairs[index + 1]]] : [])),
    ),
  hasKey: (map, key) => Object.hasOwn(map as object, text(key)),
  indent: indented,
  list: (...items) => items,
  lower: (value) => text(value).toLowerCase(),
  nindent: (spaces, value) => `\n${indented(spaces, value)}`,
  not: (value) => !isTrue(value),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  printf: (format, ...values) => {
    const rest = [...values];
    return text(format).replaceAll(/%./g, (verb) => {
      if (verb !== '%s') throw new Error(`printf knows %s alone, not ${verb}`);
      return text(rest.shift());
    });
  },
  quote: (value) => JSON.stringify(printed(value)),
  replace: (old, fresh, value) => text(value).replaceAll(text(old), text(fresh)),
  toYaml: (value) => {
    smallNumbers(value);
    return stringify(value, { lineWidth: 0, sortMapEntries: true }).trimEnd();
  },
};
