import type { ChangeLevel } from '#domain/contract-gate';
import { type ContractVersion, compareVersions, parseContractVersion } from '#domain/contract-name';

/** How versions are written: `v2`, or `2.0.0`. */
export type VersionStyle = 'major' | 'semver';

/** What `judgeVersion` found. `want` is the smallest right version, in the style of the chosen one. */
export type VersionJudgement =
  | { readonly kind: 'enough' }
  | { readonly kind: 'not-after' | 'too-small'; readonly want: ContractVersion };

/** The numbers of a version; `v2` has those of `2.0.0`. */
interface Core {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const MAJOR_STYLE = /^v(\d+)$/;

/**
 * Computes the smallest right next version, in the style of the previous one. A breaking change takes the next major, an
 * addition the next minor, all else the next patch; below 1.0.0 a breaking change takes the next minor and all else the
 * next patch. In `v` style there is one step alone. After a pre-release comes its own release when that is step enough.
 * @param previous the highest published version; undefined for the first, which is `1.0.0` or `v1` by `firstStyle`
 * @throws INVALID_NAME when a number would get more than nine digits
 */
export function nextVersion(
  previous: ContractVersion | undefined,
  level: ChangeLevel,
  firstStyle: VersionStyle = 'semver',
): ContractVersion {
  if (previous === undefined) return parseContractVersion(firstStyle === 'semver' ? '1.0.0' : 'v1');
  return nextInStyle(previous, level, styleOf(previous));
}

/**
 * Judges whether a version that a publisher chose promises enough. A first version always does. Styles may be switched:
 * `v2` counts as `2.0.0`, both before and after. A pre-release is judged by the numbers before its `-`.
 * @param previous what the change was measured against, see `predecessorOf`
 * @throws INVALID_NAME when the smallest right version has a number of more than nine digits
 */
export function judgeVersion(
  chosen: ContractVersion,
  previous: ContractVersion | undefined,
  level: ChangeLevel,
): VersionJudgement {
  if (previous === undefined) return { kind: 'enough' };
  const after = compareVersions(chosen, previous) > 0;
  if (after && compareCores(coreOf(chosen), requiredCore(previous, level)) >= 0) {
    return { kind: 'enough' };
  }
  const want = nextInStyle(previous, level, styleOf(chosen));
  return { kind: after ? 'too-small' : 'not-after', want };
}

/**
 * Finds the version that a new one is measured against: the highest release below it, so that a back-port such as 1.2.5
 * after 2.0.0 follows 1.2.4. Pre-releases promise nothing; the highest of them counts only where no release is below.
 * Whether the published version above a back-port still fits is not judged.
 */
export function predecessorOf(
  chosen: ContractVersion,
  versions: readonly ContractVersion[],
): ContractVersion | undefined {
  const below = versions
    .filter((version) => compareVersions(version, chosen) < 0)
    .sort((a, b) => compareVersions(b, a));
  return below.find((version) => !isPreRelease(version)) ?? below[0];
}

function nextInStyle(
  previous: ContractVersion,
  level: ChangeLevel,
  style: VersionStyle,
): ContractVersion {
  const { major, minor, patch } = requiredCore(previous, level);
  if (style === 'semver') return parseContractVersion(`${major}.${minor}.${patch}`);
  // `v<n>` stands for `n.0.0`, so anything above that needs the next one.
  return parseContractVersion(`v${minor === 0 && patch === 0 ? major : major + 1}`);
}

/** Gives the numbers that a version after `previous` must reach. */
function requiredCore(previous: ContractVersion, level: ChangeLevel): Core {
  const core = coreOf(previous);
  const step = stepOf(core, level);
  if (isPreRelease(previous) && isStepEnough(core, step)) return core;
  const { major, minor, patch } = core;
  switch (step) {
    case 'major':
      return { major: major + 1, minor: 0, patch: 0 };
    case 'minor':
      return { major, minor: minor + 1, patch: 0 };
    case 'patch':
      return { major, minor, patch: patch + 1 };
    default:
      return step satisfies never;
  }
}

function stepOf({ major }: Core, level: ChangeLevel): 'major' | 'minor' | 'patch' {
  switch (level) {
    case 'major':
      return major === 0 ? 'minor' : 'major';
    case 'minor':
      return major === 0 ? 'patch' : 'minor';
    case 'patch':
    case 'none':
      return 'patch';
    default:
      return level satisfies never;
  }
}

/** Says whether a release was reached by such a step, or a larger one: 2.0.0 by a major, 1.5.0 by a minor. */
function isStepEnough({ minor, patch }: Core, step: 'major' | 'minor' | 'patch'): boolean {
  if (step === 'patch') return true;
  return patch === 0 && (step === 'minor' || minor === 0);
}

function styleOf(version: ContractVersion): VersionStyle {
  return MAJOR_STYLE.test(version) ? 'major' : 'semver';
}

function isPreRelease(version: ContractVersion): boolean {
  return version.includes('-');
}

function coreOf(version: ContractVersion): Core {
  const only = MAJOR_STYLE.exec(version)?.[1];
  if (only !== undefined) return { major: Number(only), minor: 0, patch: 0 };
  const [major = 0, minor = 0, patch = 0] = (version.split('-', 1)[0] ?? '').split('.').map(Number);
  return { major, minor, patch };
}

function compareCores(a: Core, b: Core): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}
