import { compileRoot } from '#contracts/containment/compile-schema';
import { type Finding, undecided } from '#contracts/containment/finding';
import { not } from '#contracts/containment/node';
import { ComparisonStopped, NodeTable } from '#contracts/containment/node-table';
import { Solver } from '#contracts/containment/solver';
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

/**
 * Decides whether every document that is valid under `inner` is valid under `outer`. Sound: "contained" is proved, and a
 * counter-example was judged by both schemas. What it cannot decide in its steps or its time is unknown.
 */
export function compareSchemas(
  inner: SchemaSet,
  outer: SchemaSet,
  { assertsFormats = true, stepsMax = STEPS_MAX, expired = () => false }: CompareOptions = {},
): Containment {
  const found = search();
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

  function search(): Finding {
    try {
      const table = new NodeTable();
      const [first, second] = [inner, outer].map((set) =>
        compileRoot(table, set, { assertsFormats }),
      );
      if (first === undefined || second === undefined) return undecided('nothing to compare');
      return new Solver(table, { stepsMax, expired }).solve(table.and([first, not(second)]));
    } catch (error) {
      if (error instanceof ComparisonStopped) return undecided(error.message);
      if (error instanceof RangeError) return undecided('its schemas lie too deep in each other');
      throw error;
    }
  }
}
