import type { ContractVersion } from '#domain/contract-name';

/** A compatibility mode as events hold it; what each means is said in `src/contracts/gate/compatibility-mode.ts`. */
export type ContractMode = 'NONE' | `${'BACKWARD' | 'FORWARD' | 'FULL'}${'' | '_TRANSITIVE'}`;

/** How much a version changes, as its event holds it. */
export type ContractLevel = 'none' | 'patch' | 'minor' | 'major';

/** One difference from the version before, as its event holds it: what a changelog says, without examples. */
export type RecordedChange = {
  readonly rule: string;
  readonly part: 'jsonSchema' | 'wit' | 'descriptor' | 'references';
  readonly message: string;
  readonly before?: string;
  readonly after?: string;
  readonly breaks: readonly ('backward' | 'forward')[];
  readonly isBreaking: boolean;
  readonly isFeature: boolean;
};

/** What was found when a version was judged, as its event holds it. */
export type RecordedGate = {
  readonly mode: ContractMode;
  readonly level: ContractLevel;
  /** Newest first. */
  readonly comparedWith: readonly ContractVersion[];
  /** How many versions of its line it was not compared with, because there are too many; absent for none. */
  readonly comparisonsOmitted?: number;
  /** The differences from the version that it follows, at most `RECORDED_CHANGES_MAX`. */
  readonly changes: readonly RecordedChange[];
  readonly changesOmitted: number;
  /** Why it was published although a proof was missing. */
  readonly override?: { readonly reason: string };
};

/** How many changes one event holds; the rest is counted. */
export const RECORDED_CHANGES_MAX = 200;
