import type { Bed } from '#test/faults/bed/bed';
import type { Seeded } from '#test/support/seed';

/** What a fault needs to be done. */
export interface FaultContext {
  readonly bed: Bed;
  readonly random: Seeded;
  /** How long it lasts at most. */
  readonly lastsMs: number;
}

/** What a fault was done to, and whether it was seen to have an effect. */
export interface FaultEffect {
  readonly target: string;
  readonly hadEffect: boolean;
}

/** One way to break something, and to heal it again. */
export interface Fault {
  readonly name: string;
  /** Whether the bed has what it breaks. */
  readonly fits: (bed: Bed) => boolean;
  /** Breaks it, waits, and heals it. */
  readonly run: (context: FaultContext) => Promise<FaultEffect>;
}
