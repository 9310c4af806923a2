import { type LoadOptions, load, median, processorMs, startProgram } from '#bench/harness';

/** Where to send requests, and the process that answers them. */
export interface Side {
  readonly url: string;
  readonly pid: number;
}

/**
 * Starts registries in one process: two processes that do the same differ by a fifth, by how they happened to be compiled and where
 * their memory lies.
 */
export async function startSides<K extends string>(
  folder: string,
  settings: Readonly<Record<K, Readonly<Record<string, string>>>>,
): Promise<{ readonly sides: Readonly<Record<K, Side>> } & AsyncDisposable> {
  const started = await startProgram('bench/registries.js', [folder, JSON.stringify(settings)]);
  const urls = started.url.split(',');
  const sides = Object.keys(settings).map((name, index) => [
    name,
    { url: urls[index] ?? '', pid: started.pid },
  ]);
  return {
    sides: Object.fromEntries(sides) as Record<K, Side>,
    [Symbol.asyncDispose]: async () => started[Symbol.asyncDispose](),
  };
}

/** What was measured of one side, a value a round. */
export interface Measured {
  readonly perSecond: number[];
  /** Time on processors, microseconds a request: it says more than throughput where other things run on the machine. */
  readonly processorUs: number[];
  errors: number;
}

export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
  readonly load: Pick<LoadOptions, 'connections' | 'next'>;
}

/** Measures all sides in turn, each round beginning with another one: what else the machine does falls on all of them. */
export async function alternate<K extends string>(
  sides: Readonly<Record<K, Side>>,
  { rounds, seconds, load: options }: Rounds,
): Promise<Record<K, Measured>> {
  const names = Object.keys(sides) as K[];
  const none = (): Measured => ({ perSecond: [], processorUs: [], errors: 0 });
  const all = Object.fromEntries(names.map((name) => [name, none()])) as Record<K, Measured>;
  for (let round = 0; round < rounds; round += 1) {
    for (const index of names.keys()) {
      const name = names[(index + round) % names.length];
      if (name === undefined) continue;
      const { url, pid } = sides[name];
      const before = processorMs(pid);
      const result = await load({ url, seconds, ...options });
      all[name].perSecond.push(result.perSecond);
      all[name].processorUs.push((1_000 * (processorMs(pid) - before)) / result.requests);
      all[name].errors += result.errors;
    }
  }
  return all;
}

/** The middle of what one side was of another, round by round: neighbours in time had the same machine. */
export function ratio(kind: 'perSecond' | 'processorUs', ours: Measured, theirs: Measured): number {
  return median(ours[kind].map((value, round) => value / (theirs[kind][round] ?? Number.NaN)));
}
