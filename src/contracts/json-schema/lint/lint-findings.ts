import type { JsonFault, JsonRule } from '#contracts/json/json-fault';
import { locateAllInJson } from '#contracts/json/locate';
import type { Dialect } from '#contracts/json-schema/dialect';
import type { PatternFault } from '#contracts/pattern/parse-pattern';

/** What a schema is refused for. */
export type LintFaultRule =
  | JsonRule
  | PatternFault['rule']
  | 'dialect-unknown'
  | 'id-duplicate'
  | 'pattern-backtracking'
  | 'ref-loop'
  | 'ref-unresolved'
  | 'reference-invalid'
  | 'schema-invalid'
  | 'schema-root'
  | 'schema-too-large';

/** What a schema is warned of: it is right, but hardly what was meant. */
export type LintWarningRule =
  | 'format-unknown'
  | 'keyword-ignored'
  | 'range-empty'
  | 'required-forbidden';

/** One place in a schema that is wrong, or that is hardly meant so. */
export interface LintFault {
  readonly rule: LintFaultRule | LintWarningRule;
  /** JSON Pointer into the document. */
  readonly pointer: string;
  /** Where the value at the pointer begins, both from 1. Absent when the text has no such value. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** The registered reference that the place is in. Absent for the schema itself. */
  readonly reference?: string;
}

/** What was found in one schema, in the order of the text. */
export interface LintResult {
  /** At most `LINT_FINDINGS_MAX`. None means that the schema is right. */
  readonly faults: readonly LintFault[];
  /** At most `LINT_FINDINGS_MAX`. */
  readonly warnings: readonly LintFault[];
  /** What the schema is written in, as far as that could be told. */
  readonly draft: Dialect | undefined;
}

/** The most faults, and the most warnings, that are told of one schema. */
export const LINT_FINDINGS_MAX = 100;

/** Where something was found. */
export interface LintPlace {
  readonly pointer: string;
  /** The key of a registered reference; empty for the schema itself. */
  readonly document: string;
}

/** Collects what is found in one schema, each thing once. */
export class LintFindings {
  readonly #faults: LintFault[] = [];
  readonly #warnings: LintFault[] = [];
  readonly #told = new Set<string>();

  /** Whether no more faults are taken. */
  get isFull(): boolean {
    return this.#faults.length >= LINT_FINDINGS_MAX;
  }

  /** Notes what the schema is refused for. */
  fault(rule: LintFaultRule, place: LintPlace, message: string): void {
    this.#add(this.#faults, { rule, message }, place);
  }

  /** Notes why a text cannot be read as JSON: of a reference the first reason, of the schema itself all of them. */
  unread(faults: readonly JsonFault[], document: string): void {
    const isReference = document !== '';
    for (const { rule, line, column, message } of isReference ? faults.slice(0, 1) : faults) {
      if (this.isFull) return;
      const place = { pointer: '', line, column };
      if (!isReference) this.#faults.push({ rule, message, ...place });
      else this.#faults.push({ rule: 'reference-invalid', message, ...place, reference: document });
    }
  }

  /** Notes what is warned of. */
  warning(rule: LintWarningRule, place: LintPlace, message: string): void {
    this.#add(this.#warnings, { rule, message }, place);
  }

  /** Gives what was found with lines and columns, each document read once for all of its places. */
  result(
    draft: Dialect | undefined,
    text: string,
    references: ReadonlyMap<string, string>,
  ): LintResult {
    const places = new Map<string, ReturnType<typeof locateAllInJson>>();
    const all = [...this.#faults, ...this.#warnings];
    for (const document of new Set(all.map(({ reference }) => reference ?? ''))) {
      const here = all.filter(({ reference = '' }) => reference === document);
      const source = document === '' ? text : (references.get(document) ?? '');
      places.set(
        document,
        locateAllInJson(
          source,
          here.map(({ pointer }) => pointer),
        ),
      );
    }
    const placed = (fault: LintFault): LintFault => ({
      ...places.get(fault.reference ?? '')?.get(fault.pointer),
      ...fault,
    });
    const inOrder = (list: readonly LintFault[]) => list.map(placed).sort(byPlace);
    return { faults: inOrder(this.#faults), warnings: inOrder(this.#warnings), draft };
  }

  #add(
    list: LintFault[],
    fault: Pick<LintFault, 'rule' | 'message'>,
    { pointer, document }: LintPlace,
  ): void {
    const key = JSON.stringify([fault.rule, document, pointer]);
    if (list.length >= LINT_FINDINGS_MAX || this.#told.has(key)) return;
    this.#told.add(key);
    list.push({ ...fault, pointer, ...(document === '' ? {} : { reference: document }) });
  }
}

/** Puts the schema itself before its references, and then goes by line and column. */
function byPlace(one: LintFault, other: LintFault): number {
  const [left = '', right = ''] = [one.reference, other.reference];
  if (left !== right) return left < right ? -1 : 1;
  const lines = (one.line ?? 0) - (other.line ?? 0);
  return lines === 0 ? (one.column ?? 0) - (other.column ?? 0) : lines;
}
