import { rangeAt, rangeEnd } from '#contracts/pattern/alphabet';
import type { CodePointRange } from '#contracts/pattern/code-point-set';
import { EndingCounts } from '#contracts/pattern/count-strings';
import { type Dfa, stepOf } from '#contracts/pattern/dfa';
import { LANGUAGE_LENGTH_MAX, type LengthRange, within } from '#contracts/pattern/language-limits';

/** All code points, those that a person reads most easily first; halves of surrogate pairs last. */
const READABLE_FIRST: readonly CodePointRange[] = [
  [0x61, 0x7a],
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x20, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0x7e],
  [0xa1, 0xd7_ff],
  [0xe0_00, 0x10_ff_ff],
  [0x00, 0x1f],
  [0x7f, 0xa0],
  [0xd8_00, 0xdf_ff],
];

/**
 * Finds up to `max` texts with a length in the range, the shortest first, and of one length in the order of
 * `READABLE_FIRST`. There must be one in the range when it begins over LANGUAGE_LENGTH_MAX.
 * @throws LanguageTooLarge when the first would be longer than LANGUAGE_LENGTH_MAX, or when the work gets too much
 */
export function sampleStrings(dfa: Dfa, max: number, range: LengthRange): string[] {
  const samples: string[] = [];
  const endings = new Endings(dfa);
  const last = range.max ?? Number.POSITIVE_INFINITY;
  for (let length = range.min; length <= last && samples.length < max; length += 1) {
    if (samples.length > 0 && length > LANGUAGE_LENGTH_MAX) return samples;
    within(length, LANGUAGE_LENGTH_MAX, 'code points in its shortest text');
    if (endings.isOverAt(length)) return samples;
    if (endings.exist(0, length)) addTexts(samples, endings, { length, max });
  }
  return samples;
}

/** Remembers for every length which states accept a text of exactly that length. */
class Endings {
  readonly dfa: Dfa;
  readonly #counter: EndingCounts;
  readonly #byLength: Float64Array[];

  constructor(dfa: Dfa) {
    this.dfa = dfa;
    this.#counter = new EndingCounts(dfa, 1);
    this.#byLength = [this.#counter.counts];
  }

  exist(state: number, length: number): boolean {
    return this.#at(length)[state] === 1;
  }

  isOverAt(length: number): boolean {
    this.#at(length);
    return this.#counter.isOver;
  }

  #at(length: number): Float64Array {
    while (this.#byLength.length <= length && !this.#counter.isOver) {
      const before = this.#counter.counts;
      this.#counter.advance();
      const { counts } = this.#counter;
      // Most languages settle after few lengths, and then one array does for all.
      const isSame = counts.every((count, state) => count === before[state]);
      this.#byLength.push(isSame ? before : counts);
    }
    return this.#byLength[length] ?? this.#counter.counts;
  }
}

interface Choice {
  readonly codePoint: number;
  readonly to: number;
}

/** Adds texts of one length. No step is taken that cannot be finished, so the time is that of writing the texts. */
function addTexts(
  samples: string[],
  endings: Endings,
  { length, max }: { readonly length: number; readonly max: number },
): void {
  if (length === 0) {
    samples.push('');
    return;
  }
  const text: string[] = [];
  const open = [choices(endings, 0, length - 1)];
  while (samples.length < max) {
    const choice = open.at(-1)?.next();
    if (choice === undefined) return;
    if (choice.done === true) {
      open.pop();
      text.pop();
      continue;
    }
    const { codePoint, to } = choice.value;
    text[open.length - 1] = String.fromCodePoint(codePoint);
    if (open.length === length) samples.push(text.join(''));
    else open.push(choices(endings, to, length - open.length - 1));
  }
}

/** Gives every character after a state from which a text of `left` more characters can be finished. */
function* choices(endings: Endings, state: number, left: number): Generator<Choice, void> {
  const { alphabet } = endings.dfa;
  for (const [first, last] of READABLE_FIRST) {
    for (
      let index = rangeAt(alphabet, first);
      (alphabet.starts[index] ?? Infinity) <= last;
      index += 1
    ) {
      const to = stepOf(endings.dfa, state, alphabet.classes[index] ?? 0);
      if (!endings.exist(to, left)) continue;
      const end = Math.min(rangeEnd(alphabet, index), last);
      let codePoint = Math.max(alphabet.starts[index] ?? 0, first);
      for (; codePoint <= end; codePoint += 1) yield { codePoint, to };
    }
  }
}
