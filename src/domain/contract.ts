import type { Evolution } from '#domain/aggregate';
import type { ContractBundle } from '#domain/contract-bundle';
import type { CompatibilityMode, RecordedGate } from '#domain/contract-gate';
import type { ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import type { Sha256 } from '#domain/digest';
import { unknownEventType } from '#domain/upcast';

/** Where a version came from that was promoted. */
export type Promotion = {
  readonly fromEnvironment: string;
  /** The position of the event that published it there. */
  readonly fromPosition: number;
  /** Who published it there. The first events do not say. */
  readonly publisher?: string;
  readonly notes?: string;
};

/** A version and how it came about. The first events had a bundle alone: such a version is approved. */
export type Publication = {
  readonly bundle: ContractBundle;
  /** Who published it. Again in the data, because decisions see no metadata. */
  readonly publisher?: string;
  readonly stage?: ContractStage;
  readonly gate?: RecordedGate;
  readonly promotion?: Promotion;
};

/** One step of a version from stage to stage. */
export type StageChange = {
  readonly version: ContractVersion;
  readonly from: ContractStage;
  readonly to: ContractStage;
  readonly notes?: string;
  /** What to use instead: a version of the same contract, or `<name>@<version>`. */
  readonly successor?: string;
  /** When it will be retired: RFC 3339, UTC. */
  readonly sunset?: string;
};

export type ContractEvent =
  | { readonly type: 'ContractPublished'; readonly data: Publication }
  | { readonly type: 'ContractStageChanged'; readonly data: StageChange }
  /** `null`: back to the default. */
  | {
      readonly type: 'CompatibilityModeSet';
      readonly data: { readonly mode: CompatibilityMode | null };
    };

/** What a decision needs to know of one published version. */
export interface PublishedVersion {
  readonly version: ContractVersion;
  readonly fingerprint: Sha256;
  readonly publishedAt: string;
  readonly publisher: string | undefined;
  /** Who published it where it was promoted from, which is somebody else at times. */
  readonly alsoPublishedBy?: string;
  readonly stage: ContractStage;
  /** There when the version was read from the log. A view leaves it out: thousands of versions load at once. */
  readonly bundle?: ContractBundle;
}

/** One contract: all of its versions, and the mode of its own. */
export interface ContractState {
  readonly versions: ReadonlyMap<ContractVersion, PublishedVersion>;
  readonly mode: CompatibilityMode | undefined;
}

/** How a contract changes: versions are added and move from stage to stage; their content never changes. */
export const contractEvolution: Evolution<ContractState, ContractEvent> = {
  initial: { versions: new Map(), mode: undefined },
  evolve(state, event, time) {
    switch (event.type) {
      case 'ContractPublished': {
        const { bundle, publisher, stage = 'approved', promotion } = event.data;
        const alsoPublishedBy = promotion?.publisher;
        const { version, fingerprint } = bundle;
        return withVersion(state, {
          version,
          fingerprint,
          publishedAt: time,
          publisher,
          ...(alsoPublishedBy === undefined ? {} : { alsoPublishedBy }),
          stage,
          bundle,
        });
      }
      case 'ContractStageChanged': {
        const { version, to } = event.data;
        const known = state.versions.get(version);
        return known === undefined ? state : withVersion(state, { ...known, stage: to });
      }
      case 'CompatibilityModeSet':
        return { ...state, mode: event.data.mode ?? undefined };
      default:
        return event satisfies never;
    }
  },
  parse(event) {
    switch (event.type) {
      case 'ContractPublished':
      case 'ContractStageChanged':
      case 'CompatibilityModeSet':
        return event as unknown as ContractEvent;
      default:
        throw unknownEventType('contract', event.type);
    }
  },
};

function withVersion(state: ContractState, version: PublishedVersion): ContractState {
  return { ...state, versions: new Map(state.versions).set(version.version, version) };
}
