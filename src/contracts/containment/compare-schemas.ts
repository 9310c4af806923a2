import { compileRoot } from '#contracts/containment/compile-schema';
import { type Finding, undecided } from '#contracts/containment/finding';
import { type Literal, not } from '#contracts/containment/node';
import { ComparisonStopped, NodeTable } from '#contracts/containment/node-table';
import { type SearchBudget, Solver } from '#contracts/containment/solver';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json } from '#domain/canonical-json';

export interface CompareOptions {
  /** Whether `format` is a rule for texts, or only a remark. Default: a rule. */
  readonly assertsFormats?: boolean;
  /** How many steps the proof may take. Default 2,000,000. */
  readonly stepsMax?: number;
  /** Asked now and then whether the time is over. Default: it never is. */
  readonly expired?: () => boolean;
}

/** Whether every document that is valid under one schema is valid under another. */
export type Containment =
  /** Proved. */
  | { readonly kind: 'contained' }
  /** Refuted by a document that is valid under the first and not under the second. */
  | { readonly kind: 'refuted'; readonly counterExample: Json }
  | { readonly kind: 'unknown'; readonly reason: string };

const STEPS_MAX = 2_000_000;
/** With more statements than this a comparer begins anew, so that its memory stays bounded. */
const STATEMENTS_KEPT_MAX = 100_000;

/**
 * Decides whether every document that is valid under `inner` is valid under `outer`. Sound: "contained" is proved, and a
 * counter-example was judged by both schemas. What it cannot decide in its steps or its time is unknown.
 */
export function compareSchemas(
  inner: SchemaSet,
  outer: SchemaSet,
  { assertsFormats = true, ...budget }: CompareOptions = {},
): Containment {
  return new SchemaComparer(assertsFormats).compare(inner, outer, budget);
}

/**
 * Compares schemas as `compareSchemas` does and keeps what it finds: schemas that have much in common are compared again in
 * a fraction of the time. Not for ever: the statements that it keeps are bounded.
 */
export class SchemaComparer {
  readonly #assertsFormats: boolean;
  #solver = new Solver(new NodeTable());
  #roots = new WeakMap<SchemaSet, Literal>();

  constructor(assertsFormats: boolean) {
    this.#assertsFormats = assertsFormats;
  }

  compare(
    inner: SchemaSet,
    outer: SchemaSet,
    budget: Omit<CompareOptions, 'assertsFormats'> = {},
  ): Containment {
    const { stepsMax = STEPS_MAX, expired = () => false } = budget;
    if (this.#solver.table.size > STATEMENTS_KEPT_MAX) this.#forget();
    const found = this.#search(inner, outer, { stepsMax, expired });
    switch (found.kind) {
      case 'none':
        return { kind: 'contained' };
      case 'witness':
        return { kind: 'refuted', counterExample: found.value };
      case 'unknown':
        return { kind: 'unknown', reason: found.reason };
      default:
        return found satisfies never;
    }
  }

  #search(inner: SchemaSet, outer: SchemaSet, budget: SearchBudget): Finding {
    const { table } = this.#solver;
    try {
      const [first, second] = [this.#rootOf(inner), this.#rootOf(outer)];
      return this.#solver.search(table.and([first, not(second)]), budget);
    } catch (error) {
      // What was half made is not to be built on.
      this.#forget();
      if (error instanceof ComparisonStopped) return undecided(error.message);
      if (error instanceof RangeError) return undecided('its schemas lie too deep in each other');
      throw error;
    }
  }

  #rootOf(set: SchemaSet): Literal {
    const { table } = this.#solver;
    const made =
      this.#roots.get(set) ?? compileRoot(table, set, { assertsFormats: this.#assertsFormats });
    this.#roots.set(set, made);
    return made;
  }

  #forget(): void {
    this.#solver = new Solver(new NodeTable());
    this.#roots = new WeakMap();
  }
}
