/*
 * The way of a request. A refusal at any of these has started nothing:
 *
 * | step | what                                   | refused with                                                   |
 * | ---- | -------------------------------------- | -------------------------------------------------------------- |
 * | 1    | the emergency switch                   | emergency                                                      |
 * | 2    | heavy ones, while heavy ones are slow  | shed; one per interval passes and finds out whether it is over |
 * | 3    | a place to wait, if it has to          | full, or later displaced or late                               |
 * | 4    | a permit of its dataset, in order      |                                                                |
 * | 5    | a permit of its class, in order        |                                                                |
 * | 6    | the emergency switch again             | emergency                                                      |
 *
 * Why the dataset's permit comes first: who waits at 5 holds a permit that only its own dataset misses, and a dataset has at
 * most its permits in the queue of a class, so that another one's request is soon at its head. The other way round, requests
 * for one slow dataset would hold the permits of a class that all others wait for. The order is the same for all, so no two
 * wait for each other.
 */

import { Durations } from '#cache/admission/durations';
import { WaitingList, type WaitRefusal } from '#cache/admission/waiting-list';
import type { QueryClass } from '#cache/query/query';
import { RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { Semaphore } from '#flow/semaphore';

/** Why a request was refused: the node is closed, heavy queries are slow, or its wait was not possible or too long. */
export type AdmissionRefusal = 'emergency' | 'shed' | WaitRefusal;

/** When heavy queries are refused because they have become slow. */
export interface HeavyShedding {
  /** The duration, the wait included, that 95 in 100 may not exceed. */
  readonly p95MsMax: number;
  /** Samples without which nothing is refused. Default 50. */
  readonly samplesMin?: number;
  /** While they are refused, one in this time is let through. Default 1,000. */
  readonly probeIntervalMs?: number;
}

export interface AdmissionOptions {
  readonly clock: Clock;
  /** Queries of a class that run at once. Default 128 cheap, 64 medium, 16 heavy. */
  readonly permits?: Readonly<Partial<Record<QueryClass, number>>>;
  /** Queries of one dataset that run, or wait for a permit of their class, at once. Default 16. */
  readonly permitsPerDataset?: number;
  /** Requests that may wait in all. Default 256: what a node answers within about a second. */
  readonly waitingMax?: number;
  /** Longest wait for both permits together. Default 2,000. */
  readonly waitMs?: number;
  /** Newest durations of a class that are judged by. Default 512. */
  readonly samplesMax?: number;
  /** Time after which a duration is forgotten. Default 30,000. */
  readonly windowMs?: number;
  /** Whether everything is to be refused now. Default: never. */
  readonly emergency?: () => boolean;
  /** Default: heavy queries are never refused for being slow. */
  readonly shedding?: HeavyShedding;
}

export interface AdmissionRequest {
  readonly class: QueryClass;
  /** What tells its dataset from others, the scope included. */
  readonly dataset: string;
  /** Ends the wait. While the work runs, it is for the work to see it. */
  readonly signal: AbortSignal;
}

export interface ClassState {
  /** Queries that run now. */
  readonly held: number;
  /** Requests that wait for the permit of their class, their dataset's in hand. */
  readonly waiting: number;
  /** What 95 in 100 of the last durations did not exceed. */
  readonly p95Ms: number | undefined;
}

export interface AdmissionState {
  readonly classes: Readonly<Record<QueryClass, ClassState>>;
  /** Requests that wait, for either permit. */
  readonly waiting: number;
  /** Datasets with a request that runs or waits. */
  readonly datasets: number;
  /** Requests that were refused since the start. */
  readonly refused: Readonly<Record<AdmissionRefusal, number>>;
}

/** Permits of one class or one dataset. */
interface Gate {
  readonly semaphore: Semaphore;
  readonly permits: number;
}

interface Lane extends Gate {
  readonly durations: Durations;
}

const PERMITS: Readonly<Record<QueryClass, number>> = { cheap: 128, medium: 64, heavy: 16 };
const EMERGENCY_RETRY_SECONDS = 10;

/** Lets as many queries run at once as a node can bear, refuses early what it cannot, and lets no dataset starve others. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #lanes: Readonly<Record<QueryClass, Lane>>;
  /** Only datasets with a request that runs or waits. */
  readonly #datasets = new Map<string, Gate>();
  readonly #list: WaitingList;
  readonly #refused = { emergency: 0, shed: 0, full: 0, displaced: 0, late: 0 };
  #nextProbeMs = 0;

  constructor(options: AdmissionOptions) {
    const { clock, waitingMax = 256, waitMs = 2_000 } = options;
    this.#options = options;
    this.#lanes = {
      cheap: this.#makeLane('cheap'),
      medium: this.#makeLane('medium'),
      heavy: this.#makeLane('heavy'),
    };
    const is: Record<WaitRefusal, (waiting: number) => string> = {
      full: (waiting) => `${waiting} wait already (want at most ${waitingMax} that wait)`,
      displaced: (waiting) =>
        `${waiting} wait, most of them for this dataset (want at most ${waitingMax} that wait)`,
      late: () => `it waited ${waitMs} ms (want a free permit by then)`,
    };
    this.#list = new WaitingList({
      waitingMax,
      waitMs,
      clock,
      refusal: (reason, waiting) => this.#refuse(reason, is[reason](waiting)),
    });
  }

  /**
   * Runs work when its class and its dataset have a permit free.
   * @throws OVERLOADED with the seconds to wait when it is refused: the work was not started
   */
  async run<T>(request: AdmissionRequest, work: () => Promise<T>): Promise<T> {
    const { class: queryClass, dataset, signal } = request;
    signal.throwIfAborted();
    this.#refuseInEmergency();
    if (queryClass === 'heavy') this.#shed();
    const lane = this.#lanes[queryClass];
    const arrivedMs = this.#options.clock.monotonicMs();
    const gate = this.#gateOf(dataset);
    try {
      return await this.#withPermits(request, [gate, lane], async () => {
        this.#refuseInEmergency();
        try {
          return await work();
        } finally {
          lane.durations.add(this.#options.clock.monotonicMs() - arrivedMs);
        }
      });
    } finally {
      // Who waits for a permit of it waits because somebody holds one.
      if (gate.semaphore.held === 0 && this.#datasets.get(dataset) === gate)
        this.#datasets.delete(dataset);
    }
  }

  /** Tells how it stands. */
  state(): AdmissionState {
    const stateOf = ({ semaphore, durations }: Lane): ClassState => ({
      held: semaphore.held,
      waiting: semaphore.waiting,
      p95Ms: durations.p95Ms(),
    });
    const { cheap, medium, heavy } = this.#lanes;
    return {
      classes: { cheap: stateOf(cheap), medium: stateOf(medium), heavy: stateOf(heavy) },
      waiting: this.#list.size,
      datasets: this.#datasets.size,
      refused: { ...this.#refused },
    };
  }

  async #withPermits<T>(
    { dataset, signal }: AdmissionRequest,
    gates: readonly [Gate, Gate],
    work: () => Promise<T>,
  ): Promise<T> {
    const [first, second] = [gates[0].semaphore, gates[1].semaphore];
    // A permit is only free when nobody waits for it, and nothing happens between this look and the taking.
    if (gates.every(({ semaphore, permits }) => semaphore.held < permits))
      return await first.run(() => second.run(work));
    const place = this.#list.enter(dataset, signal);
    try {
      const begin = async (): Promise<T> => {
        place.leave();
        return await work();
      };
      const wait = { signal: place.signal };
      return await first.run(() => second.run(begin, wait), wait);
    } finally {
      place.leave();
    }
  }

  #gateOf(dataset: string): Gate {
    const known = this.#datasets.get(dataset);
    if (known !== undefined) return known;
    const gate = this.#makeGate(dataset, this.#options.permitsPerDataset ?? 16);
    this.#datasets.set(dataset, gate);
    return gate;
  }

  #makeLane(name: QueryClass): Lane {
    const { clock, permits, samplesMax = 512, windowMs = 30_000 } = this.#options;
    const durations = new Durations({ samplesMax, windowMs, clock });
    return { ...this.#makeGate(name, permits?.[name] ?? PERMITS[name]), durations };
  }

  /** The list bounds who waits, not each semaphore for itself. */
  #makeGate(name: string, permits: number): Gate {
    const { clock } = this.#options;
    const waitingMax = Number.POSITIVE_INFINITY;
    return { semaphore: new Semaphore({ name, permits, waitingMax, clock }), permits };
  }

  #refuseInEmergency(): void {
    if (this.#options.emergency?.() !== true) return;
    throw this.#refuse('emergency', 'the node takes none at the moment (want its emergency over)');
  }

  #shed(): void {
    const { clock, shedding } = this.#options;
    if (shedding === undefined) return;
    const { p95MsMax, samplesMin = 50, probeIntervalMs = 1_000 } = shedding;
    const p95Ms = this.#lanes.heavy.durations.p95Ms(samplesMin);
    if (p95Ms === undefined || p95Ms <= p95MsMax) return;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#nextProbeMs) {
      this.#nextProbeMs = nowMs + probeIntervalMs;
      return;
    }
    const is = `5 in 100 of the last heavy ones took ${Math.round(p95Ms)} ms or more`;
    throw this.#refuse('shed', `${is} (want at most ${p95MsMax})`);
  }

  #refuse(reason: AdmissionRefusal, is: string): RegistryError {
    this.#refused[reason] += 1;
    const retryAfterSeconds = reason === 'emergency' ? EMERGENCY_RETRY_SECONDS : 1;
    const options = { details: { reason }, retryAfterSeconds };
    return new RegistryError('OVERLOADED', `Cannot admit query: ${is}`, options);
  }
}
