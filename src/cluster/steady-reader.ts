import type { Balancer } from '#cluster/balancer';
import { GapWatch } from '#cluster/gap-watch';
import { reasonOf } from '#cluster/steady-writer';
import { systemClock } from '#flow/clock';

export interface SteadyReaderOptions {
  readonly balancer: Balancer;
  /** What is read. */
  readonly path: string;
  /** How long after the start of one read the next begins. */
  readonly intervalMs: number;
}

const REQUEST_TIMEOUT_MS = 5_000;

/** A client that reads one thing again and again, and remembers how long nobody answered. */
export class SteadyReader {
  /** What went wrong, request by request. Nothing is sent again. */
  readonly failures: string[] = [];
  readonly gap = new GapWatch();
  readonly #options: SteadyReaderOptions;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #ticking: Promise<void>;
  answered = 0;

  constructor(options: SteadyReaderOptions) {
    this.#options = options;
    this.#ticking = this.#tick();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ticking;
    await Promise.all(this.#running);
  }

  async #tick(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const read = this.#read().finally(() => this.#running.delete(read));
      this.#running.add(read);
      await systemClock.sleep(this.#options.intervalMs, signal).catch(() => undefined);
    }
  }

  async #read(): Promise<void> {
    const { balancer, path } = this.#options;
    const url = balancer.next();
    try {
      const response = await fetch(`${url}${path}`, {
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await response.text();
      if (!response.ok) this.failures.push(`${url}: ${response.status} ${text.slice(0, 300)}`);
      else {
        this.answered += 1;
        this.gap.note();
      }
    } catch (error) {
      balancer.leaveOut(url);
      this.failures.push(`${url}: ${reasonOf(error)}`);
    }
  }
}
