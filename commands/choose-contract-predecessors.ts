import { predecessorOf } from '#contracts/versioning/next-version';
import type { CompatibilityMode } from '#domain/contract-gate';
import { type ContractVersion, compareVersions } from '#domain/contract-name';

/** What a new version is compared with. */
export interface Predecessors {
  /** The version that it follows; `undefined` for the first. */
  readonly base: ContractVersion | undefined;
  /** All of them, newest first; the base is one. */
  readonly compared: readonly ContractVersion[];
  /** How many more the mode asks for: older ones, beyond the limit. */
  readonly omitted: number;
  /** The highest version that there is. */
  readonly highest: ContractVersion | undefined;
}

/**
 * Chooses what a new version is compared with: the release before it, and in a transitive mode every release before it in
 * the same major line. In `v` style each version is a line of its own. Pre-releases promise nothing and count only where
 * there is no release. Of a longer line the newest are compared: each of them was compared with those before it.
 * @param chosen the version that the publisher wants; `undefined` for the next one
 */
export function choosePredecessors(
  versions: readonly ContractVersion[],
  chosen: ContractVersion | undefined,
  { mode, comparisonsMax }: { readonly mode: CompatibilityMode; readonly comparisonsMax: number },
): Predecessors {
  const newestFirst = versions.toSorted((a, b) => compareVersions(b, a));
  const highest = newestFirst[0];
  const isRelease = (version: ContractVersion): boolean => !version.includes('-');
  const base =
    chosen === undefined
      ? (newestFirst.find(isRelease) ?? highest)
      : predecessorOf(chosen, newestFirst);
  if (base === undefined) return { base, compared: [], omitted: 0, highest };
  const next = chosen ?? base;
  if (!mode.endsWith('_TRANSITIVE') || next.startsWith('v'))
    return { base, compared: [base], omitted: 0, highest };
  const line = newestFirst.filter(
    (version) =>
      version === base ||
      (isRelease(version) &&
        majorOf(version) === majorOf(next) &&
        compareVersions(version, base) < 0),
  );
  const compared = line.slice(0, comparisonsMax);
  return { base, compared, omitted: line.length - compared.length, highest };
}

function majorOf(version: ContractVersion): number {
  return Number.parseInt(version.replace('v', ''), 10);
}
