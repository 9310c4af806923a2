import { choosePredecessors, type Predecessors } from '#commands/choose-contract-predecessors';
import type {
  ContractContents,
  ContractGate,
  ContractModes,
  ContractRules,
} from '#commands/contract-gate';
import { judgeContractVersion, levelOf } from '#commands/judge-contract-version';
import { judgedContent } from '#commands/judged-content';
import { recordChanges } from '#commands/record-contract-changes';
import { cutShort, incompatible, invalidContent } from '#commands/refuse-contract';
import type { GateReport } from '#contracts/gate/gate-report';
import type { ContractState } from '#domain/contract';
import { type BundleContent, type ContractBundle, fingerprintOf } from '#domain/contract-bundle';
import type { CompatibilityMode, RecordedGate } from '#domain/contract-gate';
import { type ContractName, type ContractVersion, compareVersions } from '#domain/contract-name';
import type { Sha256 } from '#domain/digest';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';

/** What planning a publication needs. */
export interface PublicationPorts {
  readonly gate: ContractGate;
  readonly contents: ContractContents;
  readonly modes: ContractModes;
  readonly rules: ContractRules;
}

/** A version that somebody wants to publish. */
export interface Candidate {
  readonly name: ContractName;
  /** Absent: the next one, as its content asks for. */
  readonly version?: ContractVersion;
  /** In its one form, see `normaliseContent`. */
  readonly content: BundleContent;
  /** Why it is to be published although a proof may be missing. */
  readonly override?: { readonly reason: string };
  /** Whether documents are wanted that show what breaks, also where it is published. A refusal has them in any case. */
  readonly isExplained?: boolean;
  /** Aborts when nobody waits for the plan any more. */
  readonly signal?: AbortSignal | undefined;
}

/** What publishing a candidate would come to, on one state of its contract. */
export type PublicationPlan =
  /** The same content is there already. */
  | { readonly kind: 'existing'; readonly version: ContractVersion }
  | {
      readonly kind: 'publish';
      readonly bundle: ContractBundle;
      readonly gate: RecordedGate;
      readonly report: GateReport;
    }
  | {
      readonly kind: 'refused';
      readonly error: RegistryError;
      /** What the gate said; absent when it was not asked. */
      readonly report?: GateReport;
      /** The smallest right version, where the wanted one promises too much. */
      readonly want?: ContractVersion;
    };

const NO_FAULT_REPORT = {
  warnings: [],
  comparisons: [],
  level: 'none',
  isCutShort: false,
} as const;

/**
 * Plans the publication of one candidate, on newer states again as long as its command runs. Content never changes, so
 * what was proved for one state is kept for the next.
 */
export class PublicationPlanner {
  readonly #ports: PublicationPorts;
  readonly #scope: Scope;
  readonly #candidate: Candidate;
  readonly #reports = new Map<string, Promise<GateReport>>();
  #scopeMode: Promise<CompatibilityMode> | undefined;
  #fingerprint: Sha256 | RegistryError | undefined;
  #isExplained: boolean;

  constructor(ports: PublicationPorts, scope: Scope, candidate: Candidate) {
    this.#ports = ports;
    this.#scope = scope;
    this.#candidate = candidate;
    // An override passes only what no document refutes, so it has to be known whether one does.
    this.#isExplained = candidate.isExplained === true || candidate.override !== undefined;
  }

  /** Plans on one state. @throws CORRUPT_EVENT when a predecessor has other content than its event, and what the ports throw */
  async plan(state: ContractState): Promise<PublicationPlan> {
    this.#fingerprint ??= this.#computeFingerprint();
    const fingerprint = this.#fingerprint;
    if (typeof fingerprint !== 'string') return await this.#unreadable(fingerprint);
    const { name, version: chosen, content, override } = this.#candidate;
    const there = existing(state, this.#candidate, fingerprint);
    if (there !== undefined) return there;
    const mode = await this.#modeOf(state);
    const limits = { mode, comparisonsMax: this.#ports.rules.comparisonsMax };
    const predecessors = choosePredecessors([...state.versions.keys()], chosen, limits);
    const report = await this.#reportOn(state, predecessors, mode);
    if (report.faults.length > 0)
      return { kind: 'refused', error: invalidContent(name, report), report };
    const { comparisons } = report;
    if (report.isCutShort && this.#candidate.isExplained !== true)
      return { kind: 'refused', error: cutShort(name), report };
    const { highest } = predecessors;
    const at = { chosen, highest, mode, comparisons, overrides: override !== undefined };
    const verdict = judgeContractVersion(at);
    if (verdict.kind === 'too-small' && !this.#isExplained) {
      // Who is refused is told why; and a second opinion may differ.
      this.#isExplained = true;
      return await this.plan(state);
    }
    if (verdict.kind === 'too-small') {
      const { want, failing } = verdict;
      const error = incompatible({ name, chosen, want, mode, level: report.level, failing });
      return { kind: 'refused', error, report, want };
    }
    const { version, isOverridden } = verdict;
    const compared = comparisons.find((one) => one.version === predecessors.base);
    return {
      kind: 'publish',
      bundle: { ...content, name, version, fingerprint },
      gate: {
        mode,
        level: compared === undefined ? report.level : levelOf(compared, at),
        comparedWith: predecessors.compared,
        ...(predecessors.omitted === 0 ? {} : { comparisonsOmitted: predecessors.omitted }),
        ...recordChanges(compared),
        ...(isOverridden && override !== undefined ? { override } : {}),
      },
      report,
    };
  }

  #computeFingerprint(): Sha256 | RegistryError {
    try {
      return fingerprintOf(this.#candidate.content);
    } catch (error) {
      if (isRegistryError(error)) return error;
      throw error;
    }
  }

  /** Refuses content that cannot be read at all, with all that the gate has to say about it. */
  async #unreadable(error: RegistryError): Promise<PublicationPlan> {
    const { defaultMode: mode } = this.#ports.rules;
    const report = await this.#judge({ predecessors: [], mode });
    if (report.faults.length === 0) return { kind: 'refused', error, report };
    return { kind: 'refused', error: invalidContent(this.#candidate.name, report), report };
  }

  async #modeOf(state: ContractState): Promise<CompatibilityMode> {
    if (state.mode !== undefined) return state.mode;
    const { modes, rules } = this.#ports;
    this.#scopeMode ??= modes
      .defaultMode(this.#scope)
      .then((scopeMode) => scopeMode ?? rules.defaultMode);
    return await this.#scopeMode;
  }

  async #reportOn(
    state: ContractState,
    { compared }: Predecessors,
    mode: CompatibilityMode,
  ): Promise<GateReport> {
    const known = compared.map(
      (version) => `${version} ${state.versions.get(version)?.fingerprint}`,
    );
    const key = [mode, this.#isExplained, ...known].join('\n');
    const kept = this.#reports.get(key);
    if (kept !== undefined) return await kept;
    const made = this.#compare(state, compared, mode);
    this.#reports.set(key, made);
    return await made;
  }

  async #compare(
    state: ContractState,
    compared: readonly ContractVersion[],
    mode: CompatibilityMode,
  ): Promise<GateReport> {
    const predecessors = [];
    for (const version of compared) {
      const bundle = await this.#bundleOf(state, version);
      const { content } = await this.#contentOf(bundle, false);
      predecessors.push({ version, content });
    }
    return await this.#judge({ predecessors, mode });
  }

  async #judge(
    against: Pick<Parameters<ContractGate['judge']>[0], 'predecessors' | 'mode'>,
  ): Promise<GateReport> {
    const { gate, rules } = this.#ports;
    const { content: candidate, faults } = await this.#contentOf(this.#candidate.content, true);
    if (faults.length > 0) return { ...NO_FAULT_REPORT, faults };
    const { assertsFormats, stepsMax } = rules;
    const isExplained = this.#isExplained;
    const job = { candidate, ...against, assertsFormats, stepsMax, isExplained };
    const { signal } = this.#candidate;
    return await gate.judge(job, { tenant: this.#scope.tenant, signal });
  }

  async #contentOf(content: BundleContent, isNew: boolean): ReturnType<typeof judgedContent> {
    const { name } = this.#candidate;
    return await judgedContent(this.#ports.contents, content, { scope: this.#scope, isNew, name });
  }

  async #bundleOf(state: ContractState, version: ContractVersion): Promise<ContractBundle> {
    const known = state.versions.get(version);
    if (known?.bundle !== undefined) return known.bundle;
    const { name } = this.#candidate;
    const found = await this.#ports.contents.find(this.#scope, name, version);
    if (found?.bundle.fingerprint === known?.fingerprint && found !== undefined)
      return found.bundle;
    throw new RegistryError(
      'CORRUPT_EVENT',
      `Cannot read contract ${quote(name)} version ${quote(version)}: its content has fingerprint "${found?.bundle.fingerprint ?? 'none'}" (want "${known?.fingerprint ?? 'none'}")`,
      { outcome: 'not-applied', details: { name, version } },
    );
  }
}

/** Looks whether the candidate is there already, or its version with other content. */
function existing(
  { versions }: ContractState,
  { name, version: chosen }: Candidate,
  fingerprint: Sha256,
): PublicationPlan | undefined {
  const newest = [...versions.keys()].toSorted((a, b) => compareVersions(b, a))[0];
  const looked = chosen ?? newest;
  const known = looked === undefined ? undefined : versions.get(looked);
  if (known === undefined) return undefined;
  const { version, fingerprint: have } = known;
  if (have === fingerprint) return { kind: 'existing', version };
  if (chosen === undefined) return undefined;
  const error = new RegistryError(
    'VERSION_CONFLICT',
    `Cannot publish contract ${quote(name)} version ${quote(version)}: it exists with fingerprint "${have}", got "${fingerprint}" (want a new version: published ones never change)`,
    { details: { name, version, have }, outcome: 'not-applied' },
  );
  return { kind: 'refused', error };
}
