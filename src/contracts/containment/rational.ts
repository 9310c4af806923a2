/** An exact number: `over / under`, in lowest terms, `under` above 0. */
export interface Rational {
  readonly over: bigint;
  readonly under: bigint;
}

/** Gives the number that the shortest decimal text of a double stands for: 0.1 is one tenth. */
export function rationalOf(value: number): Rational {
  if (Number.isSafeInteger(value)) return { over: BigInt(value), under: 1n };
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0
    ? { over: digits * 10n ** BigInt(shift), under: 1n }
    : reduced(digits, 10n ** BigInt(-shift));
}

/** Makes a fraction in lowest terms. */
export function reduced(over: bigint, under: bigint): Rational {
  const divisor = gcd(over < 0n ? -over : over, under);
  return divisor === 1n ? { over, under } : { over: over / divisor, under: under / divisor };
}

/** Gives the double of a number; `undefined` when no double stands for exactly this number. */
export function toDouble(value: Rational): number | undefined {
  const text = decimalText(value);
  const double = text === undefined ? Number.NaN : Number(text);
  if (!Number.isFinite(double)) return undefined;
  return compare(rationalOf(double), value) === 0 ? double : undefined;
}

/** Writes a number as a decimal; `undefined` for one that has no end. To divide two doubles would round twice. */
function decimalText({ over, under }: Rational): string | undefined {
  let [rest, places] = [under, 0];
  let scaled = over;
  for (; rest % 10n === 0n; rest /= 10n) places += 1;
  for (; rest % 2n === 0n; rest /= 2n) {
    places += 1;
    scaled *= 5n;
  }
  for (; rest % 5n === 0n; rest /= 5n) {
    places += 1;
    scaled *= 2n;
  }
  return rest === 1n ? `${scaled}e-${places}` : undefined;
}

/** Compares two numbers: negative, 0 or positive. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.over * b.under - b.over * a.under;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** Says whether a number is a whole multiple of another that is not 0. */
export function isMultipleOf(value: Rational, factor: Rational): boolean {
  return (value.over * factor.under) % (value.under * factor.over) === 0n;
}

/** Gives the least number above 0 that is a whole multiple of both. */
export function leastCommonMultiple(a: Rational, b: Rational): Rational {
  const over = (a.over / gcd(a.over, b.over)) * b.over;
  return reduced(over, gcd(a.under, b.under));
}

/** Multiplies by a whole number. */
export function times(value: Rational, factor: bigint): Rational {
  return reduced(value.over * factor, value.under);
}

/** Adds two numbers. */
export function plus(a: Rational, b: Rational): Rational {
  return reduced(a.over * b.under + b.over * a.under, a.under * b.under);
}

/** Gives the largest whole number whose product with `factor`, above 0, is at most `value`. */
export function floorQuotient(value: Rational, factor: Rational): bigint {
  const [over, under] = [value.over * factor.under, value.under * factor.over];
  const quotient = over / under;
  return over % under < 0n ? quotient - 1n : quotient;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
