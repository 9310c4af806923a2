import type { JsonFaults } from '#contracts/json/json-fault';
import { quote } from '#domain/errors';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What may be part of a number, right or wrong. */
const NUMBER_LIKE = /[-+.0-9A-Za-z]+/y;
const INTEGER = /^-?\d+$/;

/**
 * Reads the JSON number at `start`. A number that a double cannot keep is noted and read past; at what is no number
 * reading ends, and the answer is `undefined`.
 */
export function readJsonNumber(
  text: string,
  start: number,
  faults: JsonFaults,
): { readonly value: number; readonly end: number } | undefined {
  const literal = matchAt(NUMBER, text, start);
  const whole = matchAt(NUMBER_LIKE, text, start);
  if (literal === '' || literal !== whole) {
    return faults.add(
      'json-syntax',
      start,
      `Cannot read JSON number ${quote(whole)}: is none (want digits without leading zeros, then perhaps a fraction and an exponent)`,
    );
  }
  const value = Number(literal);
  if (!Number.isFinite(value)) {
    faults.add(
      'json-number',
      start,
      `Cannot read JSON number ${quote(literal)}: is beyond a double (want at most ${Number.MAX_VALUE} from zero)`,
    );
  } else if (INTEGER.test(literal) && !isKept(literal, value)) {
    faults.add(
      'json-number',
      start,
      `Cannot read JSON number ${quote(literal)}: a double keeps it as ${BigInt(value)} (want an integer that a double keeps, or a string)`,
    );
  }
  return { value, end: start + literal.length };
}

/**
 * The digits that canonical JSON writes for a double beyond 2^53 end in zeros, although its value may not. They read back
 * as the same double, so they are kept as much as an exact value is.
 */
function isKept(literal: string, value: number): boolean {
  if (Number.isSafeInteger(value)) return true;
  return String(value) === literal || BigInt(value) === BigInt(literal);
}

function matchAt(pattern: RegExp, text: string, start: number): string {
  // Shared patterns are safe: every use sets where it begins.
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0] ?? '';
}
