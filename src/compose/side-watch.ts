import type { Broker } from '#clients/nats';
import type { KeptView } from '#compose/kept-view';
import type { Setup } from '#compose/setup';
import { isRegistryError, quote } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { readSide } from '#log/change-side';
import { STREAMS, type StreamName } from '#log/streams';
import { type MarkFiles, names, newestSideMark, type SideMark } from '#stores/side-marks';

interface SideWatchFrom {
  readonly broker: Broker;
  readonly files: MarkFiles;
  readonly kept: readonly KeptView[];
}

const DOUBT_POLL_MS = 50;
const NAMES = Object.keys(STREAMS) as StreamName[];

/**
 * Looks whether another side was promoted than the one that a node is on, at its start, within each interval of the log watch,
 * and after each reconnect before anything is appended; then every view of it halts.
 */
export class SideWatch {
  readonly #setup: Setup;
  readonly #from: SideWatchFrom;
  #isDoubted = false;
  #isFrozen = false;
  #told = '';

  constructor(setup: Setup, from: SideWatchFrom) {
    this.#setup = setup;
    this.#from = from;
  }

  /** Whether another side was promoted, or one may have been since the connection was lost: nothing is to be appended. */
  get isSuspect(): boolean {
    return this.#isFrozen || this.#isDoubted;
  }

  /** Looks once, before the node takes requests, and then for as long as it lives. */
  async start(): Promise<void> {
    const { config, releases } = this.#setup;
    const { broker } = this.#from;
    await this.#look();
    const stop = new AbortController();
    const running = this.#run(config.logCheckMs, stop.signal);
    const forget = [
      broker.onDisconnect(() => {
        this.#isDoubted = true;
      }),
      broker.onReconnect(() => void this.#lookUntilSure(stop.signal)),
    ];
    releases.add('side watch', async () => {
      for (const one of forget) one();
      stop.abort();
      await running;
    });
  }

  async #run(intervalMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(intervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  /** A server that was just started does not answer at once, and writes wait for it. */
  async #lookUntilSure(signal: AbortSignal): Promise<void> {
    while (this.#isDoubted && !this.#isFrozen && !signal.aborted) {
      await this.#look();
      if (this.#isDoubted) await systemClock.sleep(DOUBT_POLL_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { broker, files } = this.#from;
    try {
      const mark = await newestSideMark(files);
      const reason = mark === undefined ? undefined : await this.#otherSide(mark);
      if (reason !== undefined) this.#freeze(reason);
      this.#told = '';
      // Writes that were waiting for this look must not go on.
      this.#isFrozen ||= reason !== undefined;
      this.#isDoubted = !broker.connected();
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      // A broker that does not answer takes no appends either; a store that does not must not keep everybody from writing.
      if (error.code !== 'LOG_UNAVAILABLE') this.#isDoubted = false;
      this.#tell(error.message);
    }
  }

  #freeze(reason: string): void {
    for (const { view } of this.#from.kept) if (view.haltedBy === undefined) view.halt(reason);
  }

  async #otherSide(mark: SideMark): Promise<string | undefined> {
    for (const name of NAMES) {
      const found = await readSide(this.#from.broker.jsm, name);
      if (found === undefined || names(mark, { name, created: found.created })) continue;
      const other = mark.streams.find((stream) => stream.name === name);
      return `Cannot use stream ${quote(name)}, created ${found.created}: another side was promoted at ${mark.promotedAt} from position ${other?.position ?? 0} on (want NATS_URL of that side, see docs/runbooks/site-lost.md)`;
    }
    return undefined;
  }

  #tell(trouble: string): void {
    if (trouble !== this.#told)
      this.#setup.logger.warn({ trouble }, 'whether another side was promoted cannot be seen');
    this.#told = trouble;
  }
}
