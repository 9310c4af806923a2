import { setTimeout as delay } from 'node:timers/promises';
import type { Bed } from '#test/faults/bed/bed';
import type { History } from '#test/faults/history';
import { DISK_FAULTS } from '#test/faults/nemesis/disk-faults';
import type { Fault } from '#test/faults/nemesis/fault';
import { NETWORK_FAULTS } from '#test/faults/nemesis/network-faults';
import { PROCESS_FAULTS } from '#test/faults/nemesis/process-faults';
import { STORAGE_FAULTS } from '#test/faults/nemesis/storage-faults';
import { type Seeded, seeded } from '#test/support/seed';

/** Every fault that can be done to a bed while it works. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...STORAGE_FAULTS,
  ...DISK_FAULTS,
];

export interface NemesisOptions {
  readonly bed: Bed;
  readonly history: History;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** How long one fault lasts at most. */
  readonly lastsMs: number;
  /** How long everything may recover between two. */
  readonly restMs: number;
  /** Whether the rest begins when every node is ready again. */
  readonly oneAtATime: boolean;
  readonly signal: AbortSignal;
  readonly onFault?: (name: string, target: string, hadEffect: boolean) => void;
}

/** Does faults in an order that the seed gives, each kind once before any comes again, until the signal. */
export async function runNemesis(options: NemesisOptions): Promise<void> {
  const { bed, history, faults, lastsMs, restMs, signal } = options;
  const random = seeded(options.seed);
  const fitting = faults.filter((fault) => fault.fits(bed));
  let round: Fault[] = [];
  while (!signal.aborted && fitting.length > 0) {
    if (round.length === 0) round = shuffled(fitting, random);
    const fault = round.pop() as Fault;
    const beganMs = performance.now();
    const { target, hadEffect } = await fault.run({ bed, random, lastsMs });
    const endedMs = performance.now();
    history.add({ kind: 'fault', fault: fault.name, target, beganMs, endedMs, hadEffect });
    options.onFault?.(fault.name, target, hadEffect);
    if (options.oneAtATime) await bed.ready().catch(() => undefined);
    await delay(restMs, undefined, { signal }).catch(() => undefined);
  }
}

function shuffled(faults: readonly Fault[], random: Seeded): Fault[] {
  const ranked = faults.map((fault) => ({ fault, rank: random.next() }));
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ fault }) => fault);
}
