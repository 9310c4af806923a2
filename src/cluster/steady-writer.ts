import type { Balancer } from '#cluster/balancer';
import { GapWatch } from '#cluster/gap-watch';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';

/** A write that was acknowledged. */
export interface AcknowledgedWrite {
  /** The `Idempotency-Key`, which stands on its event as its command id. */
  readonly commandId: string;
  readonly position: number;
}

export interface SteadyWriterOptions {
  readonly balancer: Balancer;
  /** How many writes begin in a second. */
  readonly perSecond: number;
  /** Names that are written in turns, each by one write at a time. */
  readonly names: number;
  /** Whether a write that was not acknowledged is sent again, with its key, until it is. */
  readonly retries: boolean;
}

const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_MS = 50;
// A write that nobody has acknowledged by then is given up when the writer is stopped.
const STOP_MS = 30_000;

/** A client that registers datasets at a steady rate, and remembers what was acknowledged and how long nothing was. */
export class SteadyWriter {
  readonly acknowledged: AcknowledgedWrite[] = [];
  /** What went wrong, request by request; with retries it was made good. */
  readonly failures: string[] = [];
  readonly gap = new GapWatch();
  readonly #options: SteadyWriterOptions;
  readonly #busy = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #ticking: Promise<void>;
  #count = 0;

  constructor(options: SteadyWriterOptions) {
    this.#options = options;
    this.#ticking = this.#tick();
  }

  /** Writes that have begun and have no answer. */
  get underWay(): number {
    return this.#running.size;
  }

  /** Begins no more writes, and waits for those that are under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ticking;
    await Promise.all(this.#running);
  }

  async #tick(): Promise<void> {
    const { perSecond, names } = this.#options;
    const all = Array.from({ length: names }, () => `steady/${newId()}`);
    const begun = systemClock.monotonicMs();
    for (let tick = 1; !this.#stop.signal.aborted; tick += 1) {
      const dueMs = begun + (tick * 1_000) / perSecond - systemClock.monotonicMs();
      if (dueMs > 0) await systemClock.sleep(dueMs, this.#stop.signal).catch(() => undefined);
      // A name whose write is under way is left out: no two of it wait for each other.
      const free = all.filter((name) => !this.#busy.has(name));
      const next = free[tick % free.length];
      if (next === undefined || this.#stop.signal.aborted) continue;
      const write = this.#write(next).finally(() => this.#running.delete(write));
      this.#running.add(write);
    }
  }

  async #write(name: string): Promise<void> {
    this.#busy.add(name);
    this.#count += 1;
    const commandId = newId();
    const body = JSON.stringify({ name, schema_fingerprint: 'steady', row_count: this.#count });
    let giveUpMs = Number.POSITIVE_INFINITY;
    try {
      while (systemClock.monotonicMs() < giveUpMs) {
        if (await this.#send(body, commandId)) return;
        if (!this.#options.retries) return;
        if (this.#stop.signal.aborted && giveUpMs === Number.POSITIVE_INFINITY)
          giveUpMs = systemClock.monotonicMs() + STOP_MS;
        await systemClock.sleep(RETRY_MS);
      }
    } finally {
      this.#busy.delete(name);
    }
  }

  /** Sends a write to whoever is next. Gives whether it was acknowledged. */
  async #send(body: string, commandId: string): Promise<boolean> {
    const { balancer } = this.#options;
    const url = balancer.next();
    try {
      const response = await fetch(`${url}/registry/datasets`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': commandId },
        body,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await response.text();
      if (!response.ok) {
        this.failures.push(`${url}: ${response.status} ${text.slice(0, 300)}`);
        return false;
      }
      this.gap.note();
      const position = Number(response.headers.get('atlas-position'));
      this.acknowledged.push({ commandId, position });
      return true;
    } catch (error) {
      balancer.leaveOut(url);
      this.failures.push(`${url}: ${reasonOf(error)}`);
      return false;
    }
  }
}

/** Says what went wrong with a request that has no answer. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
