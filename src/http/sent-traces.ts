import type { Tracer } from '#flow/tracer';
import type { FeedEvent } from '#projections/event-feed';

// A thousand clients that follow one event are a thousand sends: the first of them show what there is to see.
const SENDS_PER_EVENT_MAX = 8;
const EVENTS_REMEMBERED_MAX = 1_000;
// As for projections: who reads what is old is not what its request was about.
const FRESH_MS = 60_000;

/** Shows in the traces of events when they were sent to those who follow them. */
export class SentTraces {
  readonly #tracer: Tracer;
  readonly #sends = new Map<string, number>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Sends a batch, as a part of the traces of its events. */
  send<T>(batch: readonly FeedEvent[], nowMs: number, send: () => T): T {
    if (!this.#tracer.isOn) return send();
    const traceparents = batch
      .filter(({ time }) => nowMs - Date.parse(time) <= FRESH_MS)
      .flatMap(({ traceparent }) => traceparent ?? [])
      .filter((traceparent) => this.#isEarly(traceparent));
    if (traceparents.length === 0) return send();
    const tags = { events: batch.length };
    return this.#tracer.follow('sse_send', { traceparents, tags }, send);
  }

  #isEarly(traceparent: string): boolean {
    const sends = (this.#sends.get(traceparent) ?? 0) + 1;
    this.#sends.set(traceparent, sends);
    const [oldest] = this.#sends.keys();
    if (this.#sends.size > EVENTS_REMEMBERED_MAX && oldest !== undefined)
      this.#sends.delete(oldest);
    return sends <= SENDS_PER_EVENT_MAX;
  }
}
