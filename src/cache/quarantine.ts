import type { QuarantineOptions } from '#cache/dataset-cache-options';
import type { Sha256 } from '#domain/digest';
import type { Clock } from '#flow/clock';

interface Suspect {
  failures: number;
  untilMs: number | undefined;
}

// Digests with failures are few; a catalog full of lies must not fill the memory.
const SUSPECTS_MAX = 10_000;

/**
 * Counts how often the bytes of a digest were wrong, wherever that was found, and leaves it alone when that was too often. Only
 * time ends a quarantine, and it ends with a count of 0: a right download between two wrong ones does not start the count
 * again, so that a bad disk cannot cause downloads without end.
 */
export class Quarantine {
  readonly #options: QuarantineOptions & { readonly clock: Clock };
  readonly #suspects = new Map<Sha256, Suspect>();

  constructor(options: QuarantineOptions & { readonly clock: Clock }) {
    this.#options = options;
  }

  /** Counts a failure. Gives whether it was the one that put the digest into quarantine. */
  fail(sha256: Sha256): boolean {
    const { clock, failuresMax, quarantineMs } = this.#options;
    if (this.leftMs(sha256) > 0) return false;
    const suspect = this.#suspects.get(sha256) ?? this.#remember(sha256);
    suspect.failures += 1;
    if (suspect.failures < failuresMax) return false;
    suspect.untilMs = clock.monotonicMs() + quarantineMs;
    return true;
  }

  /** Gives how long a digest is left alone yet; 0 when it is not in quarantine. */
  leftMs(sha256: Sha256): number {
    const untilMs = this.#suspects.get(sha256)?.untilMs;
    if (untilMs === undefined) return 0;
    const leftMs = untilMs - this.#options.clock.monotonicMs();
    if (leftMs > 0) return leftMs;
    this.#suspects.delete(sha256);
    return 0;
  }

  /** Failures since the start, or since the last quarantine ended. */
  failures(sha256: Sha256): number {
    this.leftMs(sha256);
    return this.#suspects.get(sha256)?.failures ?? 0;
  }

  /** The digests in quarantine now. */
  current(): readonly Sha256[] {
    return [...this.#suspects.keys()].filter((sha256) => this.leftMs(sha256) > 0);
  }

  #remember(sha256: Sha256): Suspect {
    const [oldest] = this.#suspects.keys();
    if (this.#suspects.size >= SUSPECTS_MAX && oldest !== undefined) this.#suspects.delete(oldest);
    const suspect: Suspect = { failures: 0, untilMs: undefined };
    this.#suspects.set(sha256, suspect);
    return suspect;
  }
}
