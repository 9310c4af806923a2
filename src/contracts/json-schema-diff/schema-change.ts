import type { Json } from '#domain/canonical-json';

/** Keywords that set a bound, as rules name them. */
type BoundRule =
  | 'exclusive-maximum'
  | 'exclusive-minimum'
  | 'max-contains'
  | 'max-items'
  | 'max-length'
  | 'max-properties'
  | 'maximum'
  | 'min-contains'
  | 'min-items'
  | 'min-length'
  | 'min-properties'
  | 'minimum';

/** Keywords that close a schema against what it does not name. */
export type ClosingRule =
  | 'additional-items'
  | 'additional-properties'
  | 'items'
  | 'unevaluated-items'
  | 'unevaluated-properties';

/** Keywords that hold one schema, which is there or not. */
export type HeldRule = 'contains' | 'else' | 'if' | 'not' | 'property-names' | 'then';

/** Keywords that hold branches. */
export type BranchRule = 'all-of' | 'any-of' | 'one-of';

/** Members that come and go by their name. */
type MemberRule =
  | `${BranchRule}-branch`
  | 'definition'
  | 'dependent-required'
  | 'dependent-schema'
  | 'enum-value'
  | 'pattern-property'
  | 'property'
  | 'required'
  | 'tuple-item';

/** Rules that are there or not, and may say something else. */
type ValueRule = 'const' | 'content' | 'format' | 'multiple-of' | 'pattern' | 'reference';

/** The closed list of what a difference can be. */
export type SchemaChangeRule =
  | `${BoundRule}-${'added' | 'lowered' | 'raised' | 'removed'}`
  | `${BranchRule | HeldRule | MemberRule | ValueRule | 'enum' | 'unique-items'}-${'added' | 'removed'}`
  | `${ClosingRule}-${'changed' | 'closed' | 'opened'}`
  | `${ValueRule | 'annotation' | 'dialect' | 'identifier' | 'type'}-changed`
  | `type-${'narrowed' | 'widened'}`
  | `schema-${'added' | 'closed' | 'opened' | 'removed'}`;

/**
 * What a difference does to the set of valid documents, by itself: the newer refuses something there (`narrows`), accepts
 * something there (`widens`), both, or neither. `unclear` where that depends on more than the difference.
 */
export type SchemaEffect = 'both' | 'narrows' | 'none' | 'unclear' | 'widens';

/** Makes of the older schema one that has a single difference: the value at a pointer, or none there any more. */
export interface SchemaPatch {
  readonly pointer: string;
  readonly value: Json | undefined;
}

/** One difference between two schemas. */
export interface SchemaChange {
  readonly rule: SchemaChangeRule;
  /** One plain sentence without a full stop. What publishers wrote is in it as JSON, and cut. */
  readonly message: string;
  /** JSON Pointer into the older document; in a reference, after its URI and `#`. Absent where it had nothing. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly effect: SchemaEffect;
  /** Absent where a difference cannot be made by itself in a simple way. */
  readonly alone: SchemaPatch | undefined;
}

const FLIPPED: Readonly<Record<SchemaEffect, SchemaEffect>> = {
  both: 'both',
  narrows: 'widens',
  none: 'none',
  unclear: 'unclear',
  widens: 'narrows',
};

/** How the schemas around a place pass on what is done to it. */
export type SchemaContext = 'flipped' | 'plain' | 'unclear' | 'unused';

/** Tells what an effect inside a place comes to for the whole. */
export function effectIn(context: SchemaContext, effect: SchemaEffect): SchemaEffect {
  switch (context) {
    case 'plain':
      return effect;
    case 'flipped':
      return FLIPPED[effect];
    case 'unclear':
      return effect === 'none' ? 'none' : 'unclear';
    case 'unused':
      return 'none';
    default:
      return context satisfies never;
  }
}

/** Tells the context of a place that is reached in two ways. */
export function joinContexts(one: SchemaContext, other: SchemaContext): SchemaContext {
  if (one === other || other === 'unused') return one;
  return one === 'unused' ? other : 'unclear';
}
