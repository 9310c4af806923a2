import type { ContractVersion } from '#domain/contract-name';

/**
 * What a new version of a contract must keep. BACKWARD: whoever reads by the new version understands what was written by
 * the older. FORWARD: whoever reads by the older understands what is written by the new. FULL: both. NONE: nothing. The
 * transitive forms look at every earlier version of the same major line, the others at the one right before.
 */
export const COMPATIBILITY_MODES = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;
export type CompatibilityMode = (typeof COMPATIBILITY_MODES)[number];

/** How much a version changes, from the least on: nothing, no promise, something added, something broken. */
export const CHANGE_LEVELS = ['none', 'patch', 'minor', 'major'] as const;
export type ChangeLevel = (typeof CHANGE_LEVELS)[number];

/** The parts of a contract. */
export const CONTRACT_PARTS = ['jsonSchema', 'wit', 'descriptor', 'references'] as const;
export type ContractPart = (typeof CONTRACT_PARTS)[number];

/** One difference between two versions, as events and changelogs hold it. */
export type RecordedChange = {
  readonly rule: string;
  readonly part: ContractPart;
  /** One plain sentence. */
  readonly message: string;
  /** Where it was: a JSON Pointer, or an item of WIT. */
  readonly before?: string;
  /** Where it is. */
  readonly after?: string;
  /** The directions that it breaks by itself. */
  readonly breaks: readonly ('backward' | 'forward')[];
  /** Whether it breaks the mode. */
  readonly isBreaking: boolean;
  /** Whether something was added that others may use from now on. */
  readonly isFeature: boolean;
};

/** What was found when a version was judged, as its event holds it. */
export type RecordedGate = {
  readonly mode: CompatibilityMode;
  readonly level: ChangeLevel;
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
