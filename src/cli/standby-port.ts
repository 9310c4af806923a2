import type { Config } from '#ops/config/settings';
import type { Logger } from '#ops/logger';

/** How far the copy of a stream is. */
export interface StreamStanding {
  readonly stream: string;
  /** Whether it is a standby, was promoted, or something else; absent where it is not there. */
  readonly side: string | undefined;
  /** The last positions. */
  readonly primary: number | undefined;
  readonly standby: number | undefined;
  /** What the standby lacks, and how long the oldest of it has been stored; absent where that cannot be told. */
  readonly events: number | undefined;
  readonly seconds: number | undefined;
  /** Why not. */
  readonly fault: string | undefined;
}

export interface StandbyStanding {
  readonly streams: readonly StreamStanding[];
}

/** What became of one round of copying. */
export interface FollowStanding {
  readonly stream: string;
  readonly primary: number | undefined;
  readonly standby: number | undefined;
  readonly trouble: string | undefined;
}

export interface PromoteOptions {
  /** Promotes although events that were acknowledged may be missing. */
  readonly acceptLoss: boolean;
  /** Promotes although nothing keeps the old side from taking appends. */
  readonly withoutFence: boolean;
  readonly signal: AbortSignal;
}

export interface PromoteReport {
  readonly streams: readonly {
    readonly stream: string;
    /** Where it goes on from. */
    readonly position: number;
    /** How many events are missing, where the old side could say. */
    readonly lost: number | undefined;
  }[];
  /** Whether the old side was reached and takes no more appends. */
  readonly isFenced: boolean;
  /** Whether every acknowledged event is there: then views, anchors and snapshots go on. */
  readonly isWhole: boolean;
  readonly trouble: string | undefined;
  /** The mark in the artifact store, or why there is none. */
  readonly mark: { readonly number: number | undefined; readonly fault: string | undefined };
  /** Whether it had been promoted before this. */
  readonly wasPromoted: boolean;
}

/** The log and its copy elsewhere. */
export interface OpenedStandby {
  /** Why the primary cannot be reached. */
  readonly primaryFault: string | undefined;
  standing(): Promise<StandbyStanding>;
  /** Copies until the signal aborts. @throws what more copying cannot mend */
  follow(options: {
    readonly signal: AbortSignal;
    readonly onStanding: (standing: FollowStanding) => void;
  }): Promise<void>;
  promote(options: PromoteOptions): Promise<PromoteReport>;
  release(): Promise<void>;
}

/** Reaches both sides; the composition root hands it in. @throws CANNOT_START when the standby cannot be reached */
export type OpenStandby = (config: Config, logger: Logger) => Promise<OpenedStandby>;
