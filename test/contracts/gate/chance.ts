/** A source of chance that gives the same for the same seed. */
export interface Chance {
  /** Gives a whole number from 0 to below `count`. */
  below(count: number): number;
  /** Gives one of a list; nothing of an empty one. */
  pick<T>(list: readonly T[]): T | undefined;
}

/** Starts a source of chance. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const below = (count: number): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * count);
  };
  return { below, pick: (list) => list[below(list.length)] };
}
