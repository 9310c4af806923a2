import { CODE_POINT_MAX, type CodePointSet, rangesOf } from '#contracts/pattern/code-point-set';

/**
 * Divides all code points into classes that an automaton need not tell apart. Range `index` goes from `starts[index]`
 * to before the next start and belongs to class `classes[index]`; classes count from 0.
 */
export interface Alphabet {
  readonly starts: readonly number[];
  readonly classes: readonly number[];
  readonly classCount: number;
}

/** Makes the coarsest alphabet in which every class lies within each set or outside of it. */
export function alphabetOf(sets: readonly CodePointSet[]): Alphabet {
  const distinct = new Map(sets.map((set) => [set.join(), set]));
  const edges = new Set([0]);
  for (const set of distinct.values()) {
    for (const [first, last] of rangesOf(set)) edges.add(first).add(last + 1);
  }
  edges.delete(CODE_POINT_MAX + 1);
  const starts = [...edges].sort((a, b) => a - b);
  const indexes = new Map(starts.map((start, index) => [start, index]));
  const labels = starts.map(() => 0);
  let labelCount = 1;
  for (const set of distinct.values()) {
    // Only ranges within the set get new labels, so that thousands of single characters stay cheap.
    const renamed = new Map<number, number>();
    for (const [first, last] of rangesOf(set)) {
      const end = indexes.get(last + 1) ?? starts.length;
      for (let index = indexes.get(first) ?? end; index < end; index += 1) {
        const label = labels[index] ?? 0;
        const inside = renamed.get(label) ?? labelCount++;
        renamed.set(label, inside);
        labels[index] = inside;
      }
    }
  }
  return alphabetFrom(starts, labels);
}

/** Makes an alphabet of ranges with any numbers as classes: they are counted anew, and equal neighbours become one. */
export function alphabetFrom(starts: readonly number[], labels: readonly number[]): Alphabet {
  const classes = numbered(labels);
  const isKept = (index: number) => index === 0 || classes[index] !== classes[index - 1];
  return {
    starts: starts.filter((_, index) => isKept(index)),
    classes: classes.filter((_, index) => isKept(index)),
    classCount: new Set(classes).size,
  };
}

function numbered(labels: readonly number[]): number[] {
  const numbers = new Map<number, number>();
  return labels.map((label) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
}

/** Gives the class of a code point, in logarithmic time. */
export function classOf(alphabet: Alphabet, codePoint: number): number {
  return alphabet.classes[rangeAt(alphabet, codePoint)] ?? 0;
}

/** Gives the index of the range that holds a code point. */
export function rangeAt({ starts }: Alphabet, codePoint: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= codePoint) low = middle;
    else high = middle;
  }
  return low;
}

/** Gives the last code point of a range. */
export function rangeEnd({ starts }: Alphabet, index: number): number {
  return (starts[index + 1] ?? CODE_POINT_MAX + 1) - 1;
}

/** Gives one code point of each class: the smallest. */
export function representatives({ starts, classes, classCount }: Alphabet): number[] {
  const found = Array.from({ length: classCount }, () => -1);
  for (const [index, start] of starts.entries()) {
    const label = classes[index] ?? 0;
    if (found[label] === -1) found[label] = start;
  }
  return found;
}

/** Gives how many code points each class has. */
export function classSizes(alphabet: Alphabet): number[] {
  const sizes = Array.from({ length: alphabet.classCount }, () => 0);
  for (const [index, start] of alphabet.starts.entries()) {
    const label = alphabet.classes[index] ?? 0;
    sizes[label] = (sizes[label] ?? 0) + rangeEnd(alphabet, index) - start + 1;
  }
  return sizes;
}

/** Two alphabets read at once: a class is a class of the one together with a class of the other. */
export interface AlphabetPair {
  readonly alphabet: Alphabet;
  /** By class of the pair: the class in the one. */
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** Makes the coarsest alphabet that is as fine as both. */
export function pairAlphabets(left: Alphabet, right: Alphabet): AlphabetPair {
  const starts = [...new Set([...left.starts, ...right.starts])].sort((a, b) => a - b);
  const labels = starts.map(
    (start) => classOf(left, start) * right.classCount + classOf(right, start),
  );
  const alphabet = alphabetFrom(starts, labels);
  const samples = representatives(alphabet);
  return {
    alphabet,
    left: samples.map((codePoint) => classOf(left, codePoint)),
    right: samples.map((codePoint) => classOf(right, codePoint)),
  };
}
