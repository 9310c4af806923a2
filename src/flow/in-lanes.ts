export interface LanesOptions {
  /** Works that run at once. */
  readonly runningMax: number;
  /** Does the work of one index. What it throws ends everything. */
  readonly work: (index: number) => Promise<void>;
}

/**
 * Works on the indexes from 0 to `count - 1`: those of one lane one after the other in their order, others side by side.
 * It goes in rounds, the first of every lane before the second of any, so that what one has written has had time to show
 * before the next of its lane looks.
 */
export async function inLanes(
  count: number,
  laneOf: (index: number) => string,
  { runningMax, work }: LanesOptions,
): Promise<void> {
  const lengths = new Map<string, number>();
  const rounds: number[][] = [];
  for (let index = 0; index < count; index += 1) {
    const key = laneOf(index);
    const round = lengths.get(key) ?? 0;
    lengths.set(key, round + 1);
    (rounds[round] ??= []).push(index);
  }
  for (const round of rounds) {
    const waiting = round.values();
    const drain = async (): Promise<void> => {
      for (const index of waiting) await work(index);
    };
    await Promise.all(Array.from({ length: Math.min(runningMax, round.length) }, drain));
  }
}
