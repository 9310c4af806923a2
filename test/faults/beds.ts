import type { FaultRunOptions } from '#test/faults/run-faults';

type BedSettings = Omit<FaultRunOptions, 'folder' | 'seed' | 'seconds' | 'faults'>;

export type BedName = 'cluster' | 'single' | 'power';

/** What faults are done to, and how hard it works meanwhile. */
export const BEDS: Readonly<Record<BedName, BedSettings>> = {
  cluster: {
    bed: {
      brokers: 3,
      roles: ['writer', 'writer', 'reader', 'reader', 'projector'],
      postgres: true,
    },
    clients: 8,
    pacePerSecond: 30,
    lastsMs: 2_000,
    restMs: 2_500,
    patienceMs: 90_000,
  },
  single: {
    bed: { brokers: 1, roles: ['all', 'writer', 'reader'], postgres: false },
    clients: 6,
    pacePerSecond: 40,
    lastsMs: 1_000,
    restMs: 800,
    patienceMs: 60_000,
  },
  power: {
    bed: { brokers: 1, roles: ['all', 'writer'], postgres: false },
    clients: 6,
    pacePerSecond: 40,
    lastsMs: 800,
    restMs: 700,
    oneAtATime: true,
    withDisk: true,
    patienceMs: 60_000,
  },
};
