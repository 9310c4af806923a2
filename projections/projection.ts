import type { Position } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import type { Witness } from '#projections/hash-at';

/** How far a projection has come, and in which stream. */
export interface Checkpoint {
  /** The last event that is applied; 0 for none. */
  readonly position: Position;
  /** When the stream was created, as its broker said; absent before the first event. */
  readonly streamCreated: string | undefined;
}

/** The content of a projection at one position, as one hash: equal on every node and after every rebuild. */
export interface ProjectionDigest {
  readonly position: Position;
  readonly digest: string;
}

/** A read model: what an event log looks like to whoever asks one kind of question. Disposable at any time. */
export interface Projection {
  /** Names it in readiness, logs and metrics. */
  readonly name: string;

  /** Opens or creates its storage and says where it stands. What it cannot use it throws away and begins anew. */
  open(): Promise<Checkpoint>;

  /**
   * Applies a batch of contiguous events behind the checkpoint, and the new checkpoint with them: all or nothing.
   * Gives the new position; a higher one when another process has applied more in the meantime.
   * @throws CORRUPT_EVENT for an event that it cannot apply; anything else is worth another attempt
   */
  apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position>;

  /** Throws everything away: the next `open` says position 0. */
  clear(): Promise<void>;

  /** Computes the digest of what is stored now. */
  digest(): Promise<ProjectionDigest>;

  /** The newest event that it holds, where it knows its hash: the log must still have it. */
  newestEvent?(): Witness | undefined;

  close(): Promise<void>;
}
