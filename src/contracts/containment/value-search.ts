import type { Disjointness } from '#contracts/containment/disjoint';
import type { Finding } from '#contracts/containment/finding';
import type { Judge } from '#contracts/containment/judge';
import type { PatternBook } from '#contracts/containment/name-patterns';
import type { Literal } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import type { Json } from '#domain/canonical-json';

/** What the searches for values of single types need of the whole. */
export interface ValueSearch {
  readonly table: NodeTable;
  readonly patterns: PatternBook;
  readonly judge: Judge;
  readonly disjointness: Disjointness;
  /** Looks for a value that satisfies a statement. @throws ComparisonStopped when the steps or the time are used up */
  solve(literal: Literal): Finding;
  /** Gives what was found before under a key, or finds it and keeps it where that is right. */
  remember(key: string, find: () => Finding): Finding;
  /** Counts a step. @throws ComparisonStopped */
  step(): void;
  /** Lists up to `max` different values. What is left over says whether there are others. */
  values(
    literal: Literal,
    max: number,
  ): { readonly values: readonly Json[]; readonly rest: Finding };
}
