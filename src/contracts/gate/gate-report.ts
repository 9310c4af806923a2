import type { Json, JsonObject } from '#domain/canonical-json';
import type {
  ChangeLevel,
  CompatibilityMode,
  ContractPart,
  RecordedChange,
} from '#domain/contract-gate';

/** One WIT text of a contract, by its name. */
export interface WitText {
  readonly path: string;
  readonly text: string;
}

/** What one version of a contract says. */
export interface ContractContent {
  /** JSON text, as its publisher wrote it. */
  readonly jsonSchema?: string;
  /** The files of one package. */
  readonly wit?: readonly WitText[];
  readonly descriptor?: JsonObject;
  /** The contracts that it refers to, with the URI that `$ref` names each by. */
  readonly references?: readonly ReferencedContent[];
}

export interface ReferencedContent {
  readonly uri: string;
  readonly jsonSchema?: string;
  readonly wit?: readonly WitText[];
}

/** One contract to be judged against the versions before it. */
export interface GateJob {
  readonly candidate: ContractContent;
  /** Newest first. What it is compared with. */
  readonly predecessors: readonly { readonly version: string; readonly content: ContractContent }[];
  readonly mode: CompatibilityMode;
  /** Whether `format` is a rule for texts, or a remark. */
  readonly assertsFormats: boolean;
  /** How many steps each proof may take. */
  readonly stepsMax: number;
  /**
   * Whether documents are wanted that show what breaks. They cost most of the time: a second validator is compiled for
   * them. Without them the verdicts are those of the proof alone.
   */
  readonly isExplained: boolean;
}

/** What breaks a rule, or only looks like a mistake. */
export interface GateFault {
  readonly rule: string;
  readonly part: ContractPart;
  readonly message: string;
  /** JSON Pointer into the schema. */
  readonly pointer?: string;
  /** The file of the package, for WIT; the URI, for a reference. */
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
}

/** Everything that is to be said about a candidate. */
export interface GateReport {
  /** Why it cannot be published at all, whatever came before it. */
  readonly faults: readonly GateFault[];
  readonly warnings: readonly GateFault[];
  /** One for each predecessor, newest first; empty while there are faults. */
  readonly comparisons: readonly GateComparison[];
  /** The largest of the comparisons. */
  readonly level: ChangeLevel;
  /** Whether the time was over before everything was looked at: another run may say more. */
  readonly isCutShort: boolean;
}

/** What lies between one older version and the candidate. */
export interface GateComparison {
  readonly version: string;
  /** Whether the mode is kept, as proved. */
  readonly isCompatible: boolean;
  /** Whether the candidate reads what was written by the older version. */
  readonly backward: DirectionVerdict;
  /** Whether the older version reads what is written by the candidate. */
  readonly forward: DirectionVerdict;
  readonly level: ChangeLevel;
  /** Breaking ones first. Bounded; `changesOmitted` counts the rest. */
  readonly changes: readonly ContractChange[];
  readonly changesOmitted: number;
}

export type DirectionVerdict =
  /** Proved. */
  | { readonly kind: 'compatible' }
  | {
      readonly kind: 'incompatible';
      readonly counterExample?: CounterExample;
    }
  /** Neither proved nor refuted, and why. Counts as incompatible. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** A document that is valid under one of the two and not under the other, as two validators agree. */
export interface CounterExample {
  readonly document: Json;
  readonly validUnder: 'older' | 'candidate';
  /** Where in the document and by which rule the other refuses it, as its validator says. */
  readonly refusal: string;
}

/** One difference between two versions, with what shows it. */
export type ContractChange = RecordedChange & {
  /** A document that this change alone makes invalid, where one was found. */
  readonly counterExample?: CounterExample;
};
