import {
  CODE_POINT_MAX,
  type CodePointRange,
  type CodePointSet,
  codePointSet,
} from '#contracts/pattern/code-point-set';

/** A set takes some ten kilobytes and up to 50 ms to find; a real schema names fewer than ten properties. */
const PROPERTIES_KEPT_MAX = 32;

/** Leads and trails of surrogate pairs change at multiples of this, so that no block holds a pair by accident. */
const BLOCK_CODE_POINTS = 0x4_00;

const EXPRESSION = /^\w+(?:=\w+)?$/;

const kept = new Map<string, CodePointSet>();

/**
 * Finds the code points with a Unicode property, such as `L`, `Script=Greek` or `Alphabetic`, as the JavaScript engine
 * knows it. Gives undefined for what the engine does not know.
 */
export function unicodeProperty(expression: string): CodePointSet | undefined {
  const known = kept.get(expression);
  if (known !== undefined) return known;
  if (!EXPRESSION.test(expression)) return undefined;
  const runs = runsOf(expression);
  if (runs === undefined) return undefined;
  const found = scan(runs);
  const oldest = kept.keys().next();
  if (kept.size >= PROPERTIES_KEPT_MAX && oldest.done !== true) kept.delete(oldest.value);
  kept.set(expression, found);
  return found;
}

function runsOf(expression: string): RegExp | undefined {
  try {
    return new RegExp(`\\p{${expression}}+`, 'gu');
  } catch {
    return undefined;
  }
}

function scan(runs: RegExp): CodePointSet {
  const ranges: CodePointRange[] = [];
  for (let base = 0; base <= CODE_POINT_MAX; base += BLOCK_CODE_POINTS) {
    const units = base > 0xff_ff ? 2 : 1;
    for (const run of blockFrom(base, units).matchAll(runs)) {
      const first = base + run.index / units;
      ranges.push([first, first + run[0].length / units - 1]);
    }
  }
  return codePointSet(ranges);
}

/** Spells a block. All code points of one share their lead surrogate, so that only the trails count up. */
function blockFrom(base: number, unitsEach: 1 | 2): string {
  const units = new Uint16Array(BLOCK_CODE_POINTS * unitsEach);
  const lead = String.fromCodePoint(base).charCodeAt(0);
  for (let index = 0; index < BLOCK_CODE_POINTS; index += 1) {
    if (unitsEach === 2) units[2 * index] = lead;
    units[unitsEach * index + unitsEach - 1] = (unitsEach === 2 ? 0xdc_00 : base) + index;
  }
  return String.fromCharCode(...units);
}
