import type { WitGate, WitPlace, WitRule } from '#contracts/wit/ast';
import { WIT_FAULTS_MAX } from '#contracts/wit/cursor';
import type { WitSourceFault } from '#contracts/wit/resolved';
import { isLaterRelease } from '#contracts/wit/version';
import { quote } from '#domain/errors';

/** Collects the faults of several texts, each once, at most `WIT_FAULTS_MAX`. */
export class WitFaultList {
  readonly list: WitSourceFault[] = [];
  readonly #told = new Set<string>();

  add(path: string, at: WitPlace, fault: { rule: WitRule; message: string }): undefined {
    const key = JSON.stringify([path, at.line, at.column, fault.rule]);
    if (this.list.length >= WIT_FAULTS_MAX || this.#told.has(key)) return undefined;
    this.#told.add(key);
    this.list.push({ path, line: at.line, column: at.column, ...fault });
    return undefined;
  }
}

export type GateVerdict = 'included' | 'excluded' | { readonly wrong: string };

/**
 * Says whether an item takes part: one that is `@unstable` only when its feature is on. `@since` must not name a version
 * that the package has not reached; a pre-release counts as its release.
 */
export function judgeGates(
  gates: readonly WitGate[],
  packageVersion: string | undefined,
  features: ReadonlySet<string>,
): GateVerdict {
  if (gates.length === 0) return 'included';
  const kinds = gates.map(({ kind }) => kind);
  if (new Set(kinds).size !== kinds.length) return { wrong: 'has the same gate twice' };
  if (kinds.includes('since') && kinds.includes('unstable')) {
    return { wrong: 'is both "@since" and "@unstable"' };
  }
  for (const gate of gates) {
    if (gate.kind === 'unstable') return features.has(gate.feature) ? 'included' : 'excluded';
    if (gate.kind !== 'since' || packageVersion === undefined) continue;
    if (isLaterRelease(gate.version, packageVersion)) {
      return {
        wrong: `is since ${quote(gate.version)}, which package version ${quote(packageVersion)} is before`,
      };
    }
  }
  return kinds.includes('since') ? 'included' : { wrong: 'is "@deprecated" alone' };
}
