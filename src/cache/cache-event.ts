import type { Sha256 } from '#domain/digest';

/** Why a file was evicted: nobody used it, room was needed, a newer one took its place, or somebody asked for it. */
export type EvictionReason = 'idle' | 'room' | 'replaced' | 'asked';

/** What a cache does by itself, for logs and metrics. */
export type CacheEvent =
  | {
      readonly kind: 'downloaded';
      readonly dataset: string;
      readonly sha256: Sha256;
      readonly bytes: number;
      readonly elapsedMs: number;
    }
  | {
      readonly kind: 'evicted';
      readonly sha256: Sha256;
      readonly bytes: number;
      readonly why: EvictionReason;
    }
  /** Wrong bytes, from the store or on this disk, or right ones that could not be used. `why` says what was found. */
  | { readonly kind: 'damaged'; readonly sha256: Sha256; readonly why: string }
  | { readonly kind: 'quarantined'; readonly sha256: Sha256; readonly untilMs: number }
  /** Work that nobody waits for has failed. `subject` is a dataset, a digest or a file. */
  | {
      readonly kind: 'failed';
      readonly work: BackgroundWork;
      readonly subject: string;
      readonly error: unknown;
    };

/** What the cache does while nobody waits for it. */
export type BackgroundWork =
  | 'warm-up'
  | 'download'
  | 'repair'
  | 'evict'
  | 'check'
  | 'scrub'
  | 'forget'
  | 'write-claims';
