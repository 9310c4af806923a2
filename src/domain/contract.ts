import type { Evolution } from '#domain/aggregate';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { Sha256 } from '#domain/digest';
import { unknownEventType } from '#domain/upcast';

/** The content of one version of a contract. Immutable once published. */
export type ContractBundle = {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly description?: string;
  /** The JSON Schema as the publisher wrote it. */
  readonly jsonSchema?: string;
  /** SHA-256 of the canonical JSON of everything above but the version's name. */
  readonly fingerprint: Sha256;
};

export type ContractEvent = {
  readonly type: 'ContractPublished';
  readonly data: { readonly bundle: ContractBundle };
};

/** What a decision needs to know of one published version. */
export interface PublishedVersion {
  readonly version: ContractVersion;
  readonly fingerprint: Sha256;
  readonly publishedAt: string;
}

/** All versions of one contract, by version. */
export type ContractState = ReadonlyMap<ContractVersion, PublishedVersion>;

/** How a contract changes: versions are added, never changed. */
export const contractEvolution: Evolution<ContractState, ContractEvent> = {
  initial: new Map(),
  evolve(state, event, time) {
    const { version, fingerprint } = event.data.bundle;
    return new Map(state).set(version, { version, fingerprint, publishedAt: time });
  },
  parse(event) {
    if (event.type !== 'ContractPublished') throw unknownEventType('contract', event.type);
    return event as unknown as ContractEvent;
  },
};
