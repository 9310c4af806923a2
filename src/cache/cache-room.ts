import { neverFits, noRoom } from '#cache/cache-errors';
import type { CacheEvent, EvictionReason } from '#cache/cache-event';
import {
  chooseVictims,
  type Evictable,
  type RoomLimits,
  type RoomUse,
} from '#cache/choose-victims';
import type { CacheLimits } from '#cache/dataset-cache-options';
import type { Holds } from '#cache/holds';
import { datasetKey, type KeptFile, type Ledger, type Wanted } from '#cache/ledger';
import type { Removals } from '#cache/removals';
import type { DatasetName } from '#domain/dataset-name';
import { DEFAULT_SCOPE, scopeKey } from '#domain/scope';
import type { Clock } from '#flow/clock';

export interface CacheRoomOptions {
  readonly clock: Clock;
  readonly limits: CacheLimits;
  readonly pinned: ReadonlySet<DatasetName>;
  readonly ledger: Ledger;
  readonly holds: Holds;
  readonly removals: Removals;
  readonly onEvent: (event: CacheEvent) => void;
}

const NOTHING: RoomUse = { bytes: 0, artifacts: 0, shards: 0 };

/** Keeps what is on the disk, and what is on its way there, within the limits. */
export class CacheRoom {
  readonly #options: CacheRoomOptions;
  readonly #limits: RoomLimits;
  readonly #pinned: ReadonlySet<string>;
  readonly #reserved = new Set<RoomUse>();

  constructor(options: CacheRoomOptions) {
    this.#options = options;
    const { bytesMax, highPct, lowPct, datasetsMax, openShardsMax } = options.limits;
    this.#limits = {
      bytes: bytesMax,
      highBytes: Math.floor((bytesMax * highPct) / 100),
      lowBytes: Math.floor((bytesMax * lowPct) / 100),
      artifacts: datasetsMax,
      shards: openShardsMax,
    };
    const scope = scopeKey(DEFAULT_SCOPE);
    this.#pinned = new Set([...options.pinned].map((name) => datasetKey({ scope, name })));
  }

  /** Tells whether a dataset is pinned. */
  isPinnedDataset(key: string): boolean {
    return this.#pinned.has(key);
  }

  /** Tells whether a file is the artifact of a pinned dataset. Its shards are not pinned: the artifact can answer for them. */
  isPinned({ kind, users }: KeptFile): boolean {
    return kind === 'artifact' && [...users].some((key) => this.#pinned.has(key));
  }

  /**
   * Makes room for a file and keeps it. Gives what lets go of it, to be called when the file is in service or will not come.
   * @throws NOT_CACHED when it is larger than the cache, OVERLOADED when what is leased or pinned leaves no room: nothing was
   *   evicted then
   */
  async reserve(wanted: Wanted): Promise<() => void> {
    const { dataset, ref } = wanted;
    if (ref.bytes > this.#limits.bytes)
      throw neverFits(dataset.name, ref.bytes, this.#limits.bytes);
    const use = this.#useOf(wanted);
    const plan = chooseVictims(this.#evictable(), this.#demand(use), this.#limits);
    if (!plan.fits) throw noRoom(dataset.name, shortage(plan.after, this.#limits));
    // Before anything is waited for: who comes in between counts it.
    this.#reserved.add(use);
    const release = (): void => void this.#reserved.delete(use);
    try {
      await this.#evictAll(plan.victims.map((sha256) => this.#options.ledger.get(sha256)));
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Evicts whatever is idle, replaced, or over a limit. */
  async sweep(): Promise<void> {
    const { victims } = chooseVictims(this.#evictable(), this.#demand(NOTHING), this.#limits);
    await this.#evictAll(victims.map((sha256) => this.#options.ledger.get(sha256)));
  }

  /** Evicts what newer files have replaced and nobody holds. */
  async evictOrphans(): Promise<void> {
    const { ledger, holds } = this.#options;
    const orphans = ledger.files.filter((kept) => kept.isOrphan);
    await this.#evictAll(orphans.filter(({ file }) => holds.count(file.sha256) === 0));
  }

  /** Evicts a file and, with an artifact, its shards; those that are held go when they are released. */
  async evict(kept: KeptFile, why: EvictionReason): Promise<void> {
    const { ledger, holds, removals, onEvent } = this.#options;
    const { sha256, bytes } = kept.file;
    if (ledger.get(sha256) !== kept) return;
    const parts = ledger.detachParts(kept);
    ledger.remove(kept);
    onEvent({ kind: 'evicted', sha256, bytes, why });
    const free = parts.filter(({ file }) => holds.count(file.sha256) === 0);
    await Promise.all([removals.remove(sha256), ...free.map((part) => this.evict(part, why))]);
  }

  async #evictAll(victims: readonly (KeptFile | undefined)[]): Promise<void> {
    const gone = victims.map(async (kept) => {
      if (kept !== undefined) await this.evict(kept, this.#reasonFor(kept));
    });
    await Promise.all(gone);
  }

  #reasonFor(kept: KeptFile): EvictionReason {
    if (kept.isOrphan) return 'replaced';
    return this.#isIdle(kept) ? 'idle' : 'room';
  }

  #isIdle({ usedMs }: KeptFile): boolean {
    const { clock, limits } = this.#options;
    return clock.monotonicMs() - usedMs >= limits.idleTtlMs;
  }

  #evictable(): readonly Evictable[] {
    const { ledger, holds } = this.#options;
    return ledger.files.map((kept) => ({
      sha256: kept.file.sha256,
      bytes: kept.file.bytes,
      kind: kept.kind,
      order: kept.order,
      isProtected: holds.count(kept.file.sha256) > 0 || this.isPinned(kept),
      isIdle: this.#isIdle(kept),
      isOrphan: kept.isOrphan,
    }));
  }

  #demand(use: RoomUse): RoomUse {
    let { bytes, artifacts, shards } = use;
    for (const reserved of this.#reserved) {
      bytes += reserved.bytes;
      artifacts += reserved.artifacts;
      shards += reserved.shards;
    }
    return { bytes, artifacts, shards };
  }

  #useOf({ dataset, ref, kind }: Wanted): RoomUse {
    const older = this.#options.ledger.artifactOf(dataset);
    // It takes the place of the one that is there, which nobody else uses.
    const replaces = older?.users.size === 1;
    return {
      bytes: ref.bytes,
      artifacts: kind === 'artifact' && !replaces ? 1 : 0,
      shards: kind === 'shard' ? 1 : 0,
    };
  }
}

function shortage(after: RoomUse, limits: RoomLimits): { is: string; want: string } {
  if (after.bytes > limits.bytes)
    return {
      is: `with what is leased or pinned the cache would have ${after.bytes} bytes`,
      want: `at most ${limits.bytes}`,
    };
  if (after.artifacts > limits.artifacts)
    return {
      is: `all ${limits.artifacts} artifacts that are kept are leased or pinned`,
      want: 'one that may be evicted',
    };
  return {
    is: `all ${limits.shards} shards that are kept are leased`,
    want: 'one that may be evicted',
  };
}
