import { signal } from '@preact/signals';
import {
  type FollowState,
  follow,
  type ListedEvent,
  type LogEvent,
  type StreamName,
} from '#console/api/follow';
import { pause } from '#console/api/pause';
import { newestPosition } from '#console/api/readiness';

/** How many events a page keeps: enough to read, little enough to hold for days. */
export const EVENTS_KEPT_MAX = 1_000;
/** How often a page is drawn anew at most, however many events come. */
const DRAW_MS = 150;
/** How long nothing comes on an open stream before there is nothing to come. */
const SETTLED_MS = 1_000;
const BEFORE_NOW = 60;
/** How long a node that did not say where it stands is left alone. */
const RETRY_MS = 2_000;

/** The events of a stream that are kept, the newest first, and how the connection stands. */
export interface Live {
  readonly events: readonly ListedEvent[];
  /** `full`: as many as are kept have come from the position that was asked for, and no more are read. */
  readonly state: FollowState | 'full';
  /** How many have come since the page was opened, kept or not. */
  readonly seen: number;
  /** Whether events have come, or would have. */
  readonly isSettled: boolean;
}

/**
 * Follows a stream from a little before its newest event, and keeps the newest. From a position that somebody asked for, it
 * reads until as many have come as are kept: what was asked for does not slide away.
 */
export class LiveEvents {
  readonly shown = signal<Live>({ events: [], state: 'connecting', seen: 0, isSettled: false });
  readonly #stream: StreamName;
  readonly #from: number | undefined;
  #waiting: ListedEvent[] = [];
  #came = 0;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;
  readonly #ended = new AbortController();

  constructor(stream: StreamName, from: number | undefined) {
    this.#stream = stream;
    this.#from = from;
  }

  async start(): Promise<void> {
    const first = this.#from ?? (await this.#firstShown());
    if (first === undefined) return;
    this.#stop = follow(this.#stream, first, {
      onEvents: (events) => this.#take(events),
      onState: (state) => this.#turn(state),
    });
  }

  stop(): void {
    this.#ended.abort();
    this.#stop?.();
    clearTimeout(this.#drawing);
    clearTimeout(this.#settling);
  }

  // A node that does not answer is asked again: to follow from an unknown place on would leave out what happens meanwhile.
  async #firstShown(): Promise<number | undefined> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const newest = await newestPosition(this.#stream).catch(() => undefined);
      if (signal.aborted) return undefined;
      if (newest !== undefined) return Math.max(1, newest - BEFORE_NOW + 1);
      this.#turn('waiting');
      await pause(RETRY_MS, signal);
    }
    return undefined;
  }

  #turn(state: Live['state']): void {
    this.shown.value = { ...this.shown.value, state };
    if (state === 'live') this.#settling ??= setTimeout(() => this.#draw(), SETTLED_MS);
  }

  // A burst of thousands is drawn once, and what nobody could read is not kept, in a tab that sleeps either.
  #take(events: readonly LogEvent[]): void {
    const room = this.#from === undefined ? events.length : EVENTS_KEPT_MAX - this.#came;
    const taken = events.slice(0, Math.max(0, room));
    this.#came += taken.length;
    this.#waiting = [...this.#waiting, ...taken.map(listed)].slice(-EVENTS_KEPT_MAX);
    this.#drawing ??= setTimeout(() => this.#draw(), DRAW_MS);
    if (this.#from === undefined || this.#came < EVENTS_KEPT_MAX) return;
    this.#stop?.();
    this.#turn('full');
  }

  #draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    const { events, state } = this.shown.value;
    const kept = [...this.#waiting.reverse(), ...events].slice(0, EVENTS_KEPT_MAX);
    this.#waiting = [];
    this.shown.value = { events: kept, state, seen: this.#came, isSettled: true };
  }
}

// Without what it says, which may be a megabyte.
function listed({ type, subject, time, kind, position, actor }: LogEvent): ListedEvent {
  return { type, subject, time, kind, position, actor };
}
