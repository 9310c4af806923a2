/** A reproducible source of randomness; its seed is printed when a test fails. */
export interface Seeded {
  readonly seed: number;
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from 0 to `below - 1`. */
  int(below: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
}

/** Makes a generator (mulberry32) from a seed. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return { seed, next, int, pick: (values) => values[int(values.length)] ?? values[0] };
}

/** Runs a check for many seeds; the error names the seed that failed. `SEED=n` runs that one alone. */
export async function forSeeds(
  count: number,
  check: (random: Seeded) => Promise<void>,
): Promise<void> {
  const only = process.env['SEED'];
  const seeds =
    only === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(only)];
  for (const seed of seeds) {
    try {
      await check(seeded(seed));
    } catch (error) {
      throw new Error(`Failed with SEED=${seed}`, { cause: error });
    }
  }
}
