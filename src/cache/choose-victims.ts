import type { FileKind } from '#cache/ledger';
import type { Sha256 } from '#domain/digest';

/** A file as eviction sees it. */
export interface Evictable {
  readonly sha256: Sha256;
  readonly bytes: number;
  readonly kind: FileKind;
  /** Which was used later; no two have the same. */
  readonly order: number;
  /** Leased or pinned: stays. */
  readonly isProtected: boolean;
  /** Nobody used it for too long. */
  readonly isIdle: boolean;
  /** A newer one has taken its place: it does not count as an artifact and goes when nobody holds it. */
  readonly isOrphan: boolean;
}

/** Room that something takes, or is to take. */
export interface RoomUse {
  readonly bytes: number;
  readonly artifacts: number;
  readonly shards: number;
}

/** The most that may be taken; above `highBytes` eviction begins and goes on down to `lowBytes`. */
export interface RoomLimits extends RoomUse {
  readonly highBytes: number;
  readonly lowBytes: number;
}

export interface EvictionPlan {
  /** Who has to go, least recently used first. */
  readonly victims: readonly Sha256[];
  /** What is taken when they are gone, the demand included. */
  readonly after: RoomUse;
  /** Whether that is within the limits. */
  readonly fits: boolean;
}

/**
 * Chooses who has to go so that a demand fits: whatever is idle or replaced, then the least recently used of what is over a
 * limit. The same files and the same demand give the same victims.
 */
export function chooseVictims(
  files: readonly Evictable[],
  demand: RoomUse,
  limits: RoomLimits,
): EvictionPlan {
  let after = files.map(useOf).reduce(plus, demand);
  // Decided once: it begins above the high mark and ends at the low one.
  const goalBytes = after.bytes > limits.highBytes ? limits.lowBytes : Number.POSITIVE_INFINITY;
  const victims: Sha256[] = [];
  const leaving = files.filter(({ isProtected }) => !isProtected);
  const mustGo = (file: Evictable): boolean => file.isIdle || file.isOrphan;
  const order = (a: Evictable, b: Evictable): number =>
    Number(mustGo(b)) - Number(mustGo(a)) || a.order - b.order;
  for (const file of leaving.toSorted(order)) {
    const use = useOf(file);
    const helps =
      after.bytes > goalBytes ||
      (after.artifacts > limits.artifacts && use.artifacts > 0) ||
      (after.shards > limits.shards && use.shards > 0);
    if (!helps && !mustGo(file)) continue;
    victims.push(file.sha256);
    after = plus(after, { bytes: -use.bytes, artifacts: -use.artifacts, shards: -use.shards });
  }
  const fits =
    after.bytes <= limits.bytes &&
    after.artifacts <= limits.artifacts &&
    after.shards <= limits.shards;
  return { victims, after, fits };
}

function useOf({ bytes, kind, isOrphan }: Evictable): RoomUse {
  return {
    bytes,
    artifacts: kind === 'artifact' && !isOrphan ? 1 : 0,
    shards: kind === 'shard' && !isOrphan ? 1 : 0,
  };
}

function plus(a: RoomUse, b: RoomUse): RoomUse {
  return {
    bytes: a.bytes + b.bytes,
    artifacts: a.artifacts + b.artifacts,
    shards: a.shards + b.shards,
  };
}
