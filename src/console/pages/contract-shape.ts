/** Where a new contract is written: an address that no contract has, because names begin with a letter. */
export const NEW_CONTRACT = '~new';

/** Gives where something of a contract is read. `past`: as of which position or time. */
export function contractPath(segments: readonly string[], past: Past): string {
  const path = `/registry/contracts/${segments.map(encodeURIComponent).join('/')}`;
  return past === null ? path : `${path}?at=${encodeURIComponent(past)}`;
}

/** The moment that is shown, a position or a time; `null` is now. */
export type Past = string | null;

/** The versions of a contract. */
export interface ContractVersions {
  readonly name: string;
  readonly mode: string;
  readonly latest?: string;
  readonly versions: readonly {
    readonly version: string;
    readonly stage: string;
    readonly level?: string;
    readonly digest: string;
    readonly createdAt: string;
    readonly publisher?: string;
    readonly description?: string;
  }[];
}

/** What one version holds. */
export interface ContractBundle {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly createdAt: string;
  readonly jsonSchema?: string;
  readonly wit?: readonly { readonly path: string; readonly text: string }[];
  readonly descriptor?: unknown;
  readonly references?: readonly {
    readonly uri: string;
    readonly name: string;
    readonly version: string;
  }[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A document that one side takes and the other refuses. */
export interface CounterExample {
  readonly document?: unknown;
  readonly validUnder: 'older' | 'candidate';
  readonly refusal: string;
}

export interface Change {
  readonly rule: string;
  readonly part: string;
  readonly message: string;
  readonly before?: string;
  readonly after?: string;
  readonly breaks: readonly string[];
  readonly isBreaking: boolean;
  readonly isFeature: boolean;
  readonly counterExample?: CounterExample;
}

export interface Verdict {
  readonly kind: 'compatible' | 'incompatible' | 'unknown';
  readonly counterExample?: CounterExample;
  readonly reason?: string;
}

export interface Comparison {
  readonly version: string;
  readonly isCompatible: boolean;
  readonly backward: Verdict;
  readonly forward: Verdict;
  readonly level: string;
  readonly changes: readonly Change[];
  readonly changesOmitted: number;
}

export interface Fault {
  readonly rule: string;
  readonly part: string;
  readonly message: string;
  readonly pointer?: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
}

/** What publishing would come to. */
export interface ContractCheck {
  readonly wouldPublish: boolean;
  readonly isThere: boolean;
  readonly version?: string;
  readonly want?: string;
  readonly mode?: string;
  readonly level?: string;
  readonly reason?: string;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  readonly comparisons: readonly Comparison[];
}
