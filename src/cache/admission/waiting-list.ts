import type { Clock } from '#flow/clock';

/** Why a request that had to wait was refused. */
export type WaitRefusal = 'full' | 'displaced' | 'late';

export interface WaitingListOptions {
  /** Requests that may wait in all. 0 refuses whatever cannot start at once. */
  readonly waitingMax: number;
  /** Longest time that one may wait. */
  readonly waitMs: number;
  readonly clock: Clock;
  /** Makes the error of a request that is refused, given how many wait. */
  readonly refusal: (reason: WaitRefusal, waiting: number) => Error;
}

/** One request that waits. */
export interface Place {
  /** Aborts when the wait is over without success: by the request's own signal, by time, or to make room. */
  readonly signal: AbortSignal;
  /** Gives the place back. Must be called however the wait ends; calling it again changes nothing. */
  leave(): void;
}

interface Waiting {
  readonly controller: AbortController;
  readonly place: Place;
}

/**
 * Counts requests that wait and shares the room among groups. When it is full and another group has clearly more of it, the
 * newcomer takes the place of that group's last one, which is refused: a group that sends thousands cannot keep others out.
 */
export class WaitingList {
  readonly #options: WaitingListOptions;
  /** Those that wait, by group, in order of arrival. At most `waitingMax` groups. */
  readonly #groups = new Map<string, Set<Waiting>>();
  #size = 0;

  constructor(options: WaitingListOptions) {
    this.#options = options;
  }

  /** Requests that wait now. */
  get size(): number {
    return this.#size;
  }

  /** Takes a place for a request of a group. @throws what `refusal` makes when there is no room */
  enter(group: string, signal: AbortSignal): Place {
    if (this.#size >= this.#options.waitingMax) this.#makeRoom(group);
    const controller = new AbortController();
    const timer = new AbortController();
    const { clock, refusal, waitMs } = this.#options;
    const passOn = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', passOn);
    clock.sleep(waitMs, timer.signal).then(
      () => controller.abort(refusal('late', this.#size)),
      () => undefined,
    );
    const leave = (): void => {
      if (!this.#remove(group, waiting)) return;
      timer.abort();
      signal.removeEventListener('abort', passOn);
    };
    const waiting: Waiting = { controller, place: { signal: controller.signal, leave } };
    this.#add(group, waiting);
    return waiting.place;
  }

  #add(group: string, waiting: Waiting): void {
    const others = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, others.add(waiting));
    this.#size += 1;
  }

  #remove(group: string, waiting: Waiting): boolean {
    const others = this.#groups.get(group);
    if (others?.delete(waiting) !== true) return false;
    if (others.size === 0) this.#groups.delete(group);
    this.#size -= 1;
    return true;
  }

  #makeRoom(group: string): void {
    const { refusal } = this.#options;
    const own = this.#groups.get(group)?.size ?? 0;
    const longest = [...this.#groups.values()].reduce<ReadonlySet<Waiting>>(
      (most, others) => (others.size > most.size ? others : most),
      new Set(),
    );
    // By more than one: two groups of the same length would push each other out for ever.
    const last = longest.size > own + 1 ? [...longest].at(-1) : undefined;
    if (last === undefined) throw refusal('full', this.#size);
    const displaced = refusal('displaced', this.#size);
    last.place.leave();
    last.controller.abort(displaced);
  }
}
