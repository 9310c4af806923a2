import type { DirectionVerdict, GateComparison } from '#contracts/gate/gate-report';
import { judgeVersion, nextVersion } from '#contracts/versioning/next-version';
import type { ChangeLevel, CompatibilityMode } from '#domain/contract-gate';
import { type ContractVersion, compareVersions, parseContractVersion } from '#domain/contract-name';

/** What is known when a version is judged. */
export interface VersionCase {
  /** The version that the publisher wants; `undefined` for the next one. */
  readonly chosen: ContractVersion | undefined;
  /** The highest version that there is. */
  readonly highest: ContractVersion | undefined;
  readonly mode: CompatibilityMode;
  readonly comparisons: readonly GateComparison[];
  /** Whether the publisher vouches for what could not be proved. */
  readonly overrides: boolean;
}

/** Whether a version may be published, and as which. */
export type VersionVerdict =
  | {
      readonly kind: 'enough';
      readonly version: ContractVersion;
      /** Whether a missing proof was overridden. */
      readonly isOverridden: boolean;
    }
  | {
      readonly kind: 'too-small';
      /** The smallest right version. */
      readonly want: ContractVersion;
      /** Those that ask for more than the chosen version gives. */
      readonly failing: readonly GateComparison[];
    };

/**
 * Judges the version of a candidate by what lies between it and those before it; without a chosen one computes the
 * smallest right one. In mode NONE every chosen version is right.
 */
export function judgeContractVersion(at: VersionCase): VersionVerdict {
  const { chosen, comparisons, mode } = at;
  const isOverridden = comparisons.some((comparison) => isWaived(comparison, at));
  if (chosen === undefined) return { kind: 'enough', version: smallestNext(at), isOverridden };
  if (mode === 'NONE') return { kind: 'enough', version: chosen, isOverridden };
  const judged = comparisons.map((comparison) => {
    const previous = parseContractVersion(comparison.version);
    return { comparison, judgement: judgeVersion(chosen, previous, levelOf(comparison, at)) };
  });
  const wants = judged.flatMap(({ judgement }) =>
    judgement.kind === 'enough' ? [] : [judgement.want],
  );
  const want = highestOf(wants);
  if (want === undefined) return { kind: 'enough', version: chosen, isOverridden };
  const failing = judged.flatMap(({ comparison, judgement }) =>
    judgement.kind === 'enough' ? [] : [comparison],
  );
  return { kind: 'too-small', want, failing };
}

/**
 * Gives the level that counts: what is not proved to be compatible is a major change, unless the publisher vouches for it;
 * then it is a minor one.
 */
export function levelOf(
  comparison: GateComparison,
  at: Pick<VersionCase, 'mode' | 'overrides'>,
): ChangeLevel {
  if (isWaived(comparison, at)) return 'minor';
  return comparison.isCompatible ? comparison.level : 'major';
}

/** Says whether a proof is missing that the publisher vouches for. What is refuted cannot be vouched for. */
function isWaived(
  comparison: GateComparison,
  { mode, overrides }: Pick<VersionCase, 'mode' | 'overrides'>,
): boolean {
  if (!overrides || comparison.isCompatible) return false;
  const needed = neededDirections(comparison, mode);
  return (
    needed.some(({ kind }) => kind === 'unknown') &&
    needed.every(({ kind }) => kind !== 'incompatible')
  );
}

function neededDirections(
  { backward, forward }: GateComparison,
  mode: CompatibilityMode,
): readonly DirectionVerdict[] {
  switch (mode) {
    case 'NONE':
      return [];
    case 'BACKWARD':
    case 'BACKWARD_TRANSITIVE':
      return [backward];
    case 'FORWARD':
    case 'FORWARD_TRANSITIVE':
      return [forward];
    case 'FULL':
    case 'FULL_TRANSITIVE':
      return [backward, forward];
    default:
      return mode satisfies never;
  }
}

function smallestNext(at: VersionCase): ContractVersion {
  const { comparisons, highest } = at;
  // Above whatever there is, pre-releases too, which nothing is compared with.
  const above = nextVersion(highest, 'none');
  const wanted = comparisons.map((comparison) =>
    nextVersion(parseContractVersion(comparison.version), levelOf(comparison, at)),
  );
  return highestOf([above, ...wanted]) ?? above;
}

function highestOf(versions: readonly ContractVersion[]): ContractVersion | undefined {
  return versions.toSorted((a, b) => compareVersions(b, a))[0];
}
