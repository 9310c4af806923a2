import { signal } from '@preact/signals';
import { type FollowState, follow, type LogEvent, type StreamName } from '#console/api/follow';
import { newestPosition } from '#console/api/readiness';

/** How many of the newest events a page keeps: enough to read, little enough to hold for days. */
export const EVENTS_KEPT_MAX = 1_000;
/** How often a page is drawn anew at most, however many events come. */
const DRAW_MS = 150;
const BEFORE_NOW = 60;

/** The newest events of a stream, the newest first, and how the connection stands. */
export interface Live {
  readonly events: readonly LogEvent[];
  readonly state: FollowState;
  /** How many have come since the page was opened, kept or not. */
  readonly seen: number;
}

/** Follows a stream from a little before its newest event, or from a position on. */
export class LiveEvents {
  readonly shown = signal<Live>({ events: [], state: 'connecting', seen: 0 });
  readonly #stream: StreamName;
  #waiting: LogEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;
  #ended = false;

  constructor(stream: StreamName) {
    this.#stream = stream;
  }

  async start(from?: number): Promise<void> {
    const first = from ?? (await firstShown(this.#stream));
    if (this.#ended) return;
    this.#stop = follow(this.#stream, first, {
      onEvents: (events) => this.#take(events),
      onState: (state) => {
        this.shown.value = { ...this.shown.value, state };
      },
    });
  }

  stop(): void {
    this.#ended = true;
    this.#stop?.();
    clearTimeout(this.#timer);
  }

  // A burst of thousands is drawn once, and what nobody could read is not kept.
  #take(events: readonly LogEvent[]): void {
    this.#waiting.push(...events);
    this.#timer ??= setTimeout(() => this.#draw(), DRAW_MS);
  }

  #draw(): void {
    this.#timer = undefined;
    const { events, state, seen } = this.shown.value;
    const came = this.#waiting;
    this.#waiting = [];
    const kept = [...came.slice(-EVENTS_KEPT_MAX).reverse(), ...events].slice(0, EVENTS_KEPT_MAX);
    this.shown.value = { events: kept, state, seen: seen + came.length };
  }
}

async function firstShown(stream: StreamName): Promise<number | undefined> {
  const newest = await newestPosition(stream).catch(() => undefined);
  return newest === undefined ? undefined : Math.max(1, newest - BEFORE_NOW + 1);
}
