import type { Background } from '#cache/background';
import type { CacheEvent } from '#cache/cache-event';
import type { CachedFile } from '#cache/cached-file';
import type { ScrubOptions } from '#cache/dataset-cache-options';
import { checkFile, Pace } from '#cache/file-check';
import type { DatasetUse, KeptFile, Ledger } from '#cache/ledger';
import type { Quarantine } from '#cache/quarantine';
import type { Removals } from '#cache/removals';
import type { Sha256 } from '#domain/digest';
import type { Clock } from '#flow/clock';

/** What a check of a file comes to; `absent` when it is not in service. */
export type CheckResult = 'intact' | 'damaged' | 'absent';

/** Reads a file whole and says what is wrong with it; `undefined` when nothing is. See `checkFile`. */
export type FileCheck = (file: CachedFile) => Promise<string | undefined>;

/** A damaged file and who used it. */
export interface Loss {
  readonly kept: KeptFile;
  readonly uses: readonly DatasetUse[];
}

export interface IntegrityOptions {
  readonly clock: Clock;
  readonly scrub: ScrubOptions;
  readonly ledger: Ledger;
  readonly quarantine: Quarantine;
  readonly removals: Removals;
  readonly background: Background;
  /** Aborts when the cache closes. */
  readonly signal: AbortSignal;
  /** Gets a damaged file again. Called when it is out of service and removed. */
  readonly repair: (loss: Loss) => Promise<void>;
  readonly onEvent: (event: CacheEvent) => void;
}

/** Finds files whose bytes are no longer right, and takes them out of service before anything else. */
export class Integrity {
  readonly #options: IntegrityOptions;
  /** Files that are gone: reports of them come late, and say nothing about what has taken their place. */
  readonly #gone = new WeakSet<CachedFile>();

  constructor(options: IntegrityOptions) {
    this.#options = options;
  }

  /** Reads a file whole and checks it, here unless somebody else is to do that. */
  async verify(sha256: Sha256, check?: FileCheck): Promise<CheckResult> {
    const { clock, ledger, signal } = this.#options;
    const kept = ledger.get(sha256);
    if (kept === undefined) return 'absent';
    const { file } = kept;
    const wrong = await (check === undefined ? checkFile(file, { signal }) : check(file));
    // Evicted or replaced while it was read: what was read is not what is there.
    if (ledger.get(sha256) !== kept) return 'absent';
    if (wrong !== undefined) {
      await this.damaged(kept, wrong);
      return 'damaged';
    }
    kept.verifiedMs = clock.monotonicMs();
    return 'intact';
  }

  /**
   * Takes note that a file could not be opened or read. Nobody gets it until its bytes were checked. It counts towards the
   * quarantine also when they are right: then the artifact itself is of no use, and another download would not help.
   */
  report(file: CachedFile, why: string): void {
    const { ledger, background } = this.#options;
    const kept = ledger.get(file.sha256);
    if (kept === undefined || kept.suspicion !== undefined || this.#gone.has(file)) return;
    kept.openFailures += 1;
    const check = async (): Promise<void> => {
      const result = await this.verify(file.sha256);
      if (result === 'intact') this.#fail(kept, why);
    };
    // Whoever waits for it looks again when it has ended, whichever way.
    kept.suspicion = new Promise((resolve) => {
      background.run({ work: 'check', subject: file.sha256 }, async () => {
        try {
          await check();
        } finally {
          kept.suspicion = undefined;
          resolve();
        }
      });
    });
  }

  /** Takes a damaged file out of service and removes it; it is fetched again in the background. */
  async damaged(kept: KeptFile, why: string): Promise<void> {
    const { ledger, removals, background, repair } = this.#options;
    const { sha256 } = kept.file;
    if (ledger.get(sha256) !== kept) return;
    const uses = ledger.usesOf(kept);
    ledger.remove(kept);
    this.#gone.add(kept.file);
    this.#fail(kept, why);
    await removals.removeDamaged(sha256);
    background.run({ work: 'repair', subject: sha256 }, async () => repair({ kept, uses }));
  }

  /** Counts wrong bytes of a download. */
  failedDownload(sha256: Sha256, why: string): void {
    this.#count(sha256, why);
  }

  /** Checks everything in service again and again until the cache closes: first what was never checked. */
  async scrub(): Promise<void> {
    const { clock, scrub, signal } = this.#options;
    while (!signal.aborted) {
      await this.#round();
      await clock.sleep(scrub.intervalMs, signal);
    }
  }

  async #round(): Promise<void> {
    const { clock, scrub, ledger, onEvent, signal } = this.#options;
    const pace = new Pace(clock, scrub.bytesPerSecond);
    const paced: FileCheck = async (file) => checkFile(file, { pace, signal });
    const since = clock.monotonicMs() - scrub.intervalMs;
    const checkedAt = ({ verifiedMs = Number.NEGATIVE_INFINITY }: KeptFile): number => verifiedMs;
    const due = ledger.files
      .filter((kept) => checkedAt(kept) <= since)
      .toSorted((a, b) => (checkedAt(a) < checkedAt(b) ? -1 : 1));
    for (const kept of due) {
      signal.throwIfAborted();
      const { sha256 } = kept.file;
      try {
        if (ledger.get(sha256) === kept) await this.verify(sha256, paced);
      } catch (error) {
        // One file that cannot be read now must not keep the others from being checked.
        signal.throwIfAborted();
        onEvent({ kind: 'failed', work: 'scrub', subject: sha256, error });
      }
    }
  }

  #fail({ file }: KeptFile, why: string): void {
    this.#count(file.sha256, why);
  }

  #count(sha256: Sha256, why: string): void {
    const { clock, quarantine, onEvent } = this.#options;
    onEvent({ kind: 'damaged', sha256, why });
    if (!quarantine.fail(sha256)) return;
    onEvent({
      kind: 'quarantined',
      sha256,
      untilMs: clock.nowMs() + quarantine.leftMs(sha256),
    });
  }
}
