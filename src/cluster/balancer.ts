import { systemClock } from '#flow/clock';

export interface BalancerOptions {
  /** The nodes by their URLs. */
  readonly urls: readonly string[];
  /** How often it looks who is ready. Default 100 ms. */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 100;
const PROBE_TIMEOUT_MS = 1_000;

/** Says which node the next request goes to, as a load balancer does: in turns, those alone whose `/readyz` is 200. */
export class Balancer {
  readonly #ready = new Set<string>();
  readonly #stop = new AbortController();
  readonly #looking: Promise<unknown>;
  readonly #urls: readonly string[];
  #turn = 0;

  private constructor({ urls, intervalMs = INTERVAL_MS }: BalancerOptions) {
    this.#urls = urls;
    this.#looking = Promise.all(urls.map(async (url) => this.#watch(url, intervalMs)));
  }

  /** Begins to look, and waits until every node has been looked at once. */
  static async start(options: BalancerOptions): Promise<Balancer> {
    const balancer = new Balancer(options);
    await Promise.all(options.urls.map(async (url) => balancer.#look(url)));
    return balancer;
  }

  /** The nodes that are ready, as it has seen them. */
  get ready(): readonly string[] {
    return this.#urls.filter((url) => this.#ready.has(url));
  }

  /** The node that is next; whoever is next although not ready where none is. */
  next(): string {
    const { ready } = this;
    const from = ready.length === 0 ? this.#urls : ready;
    this.#turn += 1;
    return from[this.#turn % from.length] ?? '';
  }

  /** Leaves a node out until it has been seen ready again: it has not answered. */
  leaveOut(url: string): void {
    this.#ready.delete(url);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #watch(url: string, intervalMs: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await systemClock.sleep(intervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look(url);
    }
  }

  async #look(url: string): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    try {
      const response = await fetch(`${url}/readyz`, { signal });
      await response.arrayBuffer();
      if (response.status === 200) this.#ready.add(url);
      else this.#ready.delete(url);
    } catch {
      this.#ready.delete(url);
    }
  }
}
