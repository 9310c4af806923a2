import type { CodePointSet } from '#contracts/pattern/code-point-set';

/** What holds between two characters: beginning and end of the text, and `\b` and `\B`. */
export type PatternAssertion = 'begin' | 'boundary' | 'end' | 'no-boundary';

/** One node of a pattern. Groups leave no node, because nothing here asks what a group has caught. */
export type PatternNode =
  | { readonly kind: 'assertion'; readonly assertion: PatternAssertion }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly body: PatternNode;
      readonly min: number;
      /** Undefined means without end. */
      readonly max: number | undefined;
    }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'set'; readonly set: CodePointSet };

/** A regular expression that was read. It says of a text whether some part of it matches. */
export interface Pattern {
  readonly source: string;
  readonly root: PatternNode;
}
