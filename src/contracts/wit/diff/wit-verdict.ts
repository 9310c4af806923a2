import type { WitChange, WitRole } from '#contracts/wit/diff/change';
import type { ChangeLevel } from '#domain/contract-gate';

/** Who must not be broken by a new version: users of the older text, its providers, both, or nobody in particular. */
export type WitMode = 'BACKWARD' | 'FORWARD' | 'FULL' | 'NONE';

/** What a mode makes of changes. */
export interface WitVerdict {
  readonly compatible: boolean;
  /** The changes that break somebody whom the mode protects; in mode NONE those that BACKWARD would refuse. */
  readonly breaking: readonly WitChange[];
  /** `major` when something is breaking, `minor` when something was added, `patch` when anything changed. */
  readonly level: ChangeLevel;
}

const BACKWARD: readonly WitRole[] = ['importer', 'component'];
const FORWARD: readonly WitRole[] = ['exporter', 'host'];

const PROTECTED: Readonly<Record<WitMode, readonly WitRole[]>> = {
  BACKWARD,
  FORWARD,
  FULL: [...BACKWARD, ...FORWARD],
  // Versions still tell users what they can rely on.
  NONE: BACKWARD,
};

/**
 * Judges changes. BACKWARD protects whoever calls an interface and every component; FORWARD whoever provides an interface
 * and every host; FULL all of them; in mode NONE everything is compatible. A function that is added to an interface is an
 * addition under BACKWARD, unless a world of the package exports that interface: then components lack it.
 */
export function witVerdict(changes: readonly WitChange[], mode: WitMode): WitVerdict {
  const roles = PROTECTED[mode];
  const breaking = changes.filter((change) => change.breaks.some((role) => roles.includes(role)));
  const compatible = mode === 'NONE' || breaking.length === 0;
  return { compatible, breaking, level: levelOf(changes, breaking) };
}

function levelOf(changes: readonly WitChange[], breaking: readonly WitChange[]): ChangeLevel {
  if (breaking.length > 0) return 'major';
  if (changes.some(({ feature }) => feature)) return 'minor';
  return changes.length > 0 ? 'patch' : 'none';
}
