import { type BlamedChange, blameChanges } from '#contracts/gate/blame-changes';
import { COMPATIBLE, type Direction, type DirectionVerdicts } from '#contracts/gate/direction';
import {
  type ProofOptions,
  proveDirection,
  type SchemaSide,
  schemaSide,
} from '#contracts/gate/prove-direction';
import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { diffSchemas } from '#contracts/json-schema-diff/diff-schemas';
import type { SchemaChange } from '#contracts/json-schema-diff/schema-change';
import { isSame } from '#contracts/json-schema-diff/schema-pair';

/** What was found out about one part of two contracts. */
export interface PartComparison extends DirectionVerdicts {
  readonly changes: readonly UnjudgedChange[];
  readonly omitted: number;
}

/** What there is to say of parts that are the same. */
export const SAME_PART: PartComparison = {
  backward: COMPATIBLE,
  forward: COMPATIBLE,
  changes: [],
  omitted: 0,
};

/** Compares two JSON Schemas: both directions by proof, and every difference with what it breaks. */
export function compareJsonSchemas(
  older: SchemaSide | undefined,
  newer: SchemaSide | undefined,
  options: ProofOptions & { readonly guarded: readonly Direction[] },
): PartComparison {
  if (older === undefined && newer === undefined) return SAME_PART;
  // Without a schema everything is valid.
  const was = older ?? schemaSide(true, new Map(), options);
  const is = newer ?? schemaSide(true, new Map(), options);
  const whole = wholeChange(older, newer);
  if (whole === undefined && isSameSide(was, is)) return SAME_PART;
  const verdicts: DirectionVerdicts = {
    backward: proveDirection(was, is, { ...options, validUnder: 'older' }),
    forward: proveDirection(is, was, { ...options, validUnder: 'candidate' }),
  };
  const { changes, omitted } =
    whole === undefined ? diffSchemas(was.set, is.set, options) : { changes: [whole], omitted: 0 };
  const { guarded } = options;
  const blamed = blameChanges({ changes, verdicts, older: was, newer: is, guarded }, options);
  return {
    ...verdicts,
    changes: blamed.map(unjudgedChange),
    omitted,
  };
}

function unjudgedChange({ change, breaks, counterExample }: BlamedChange): UnjudgedChange {
  const { rule, message, before, after } = change;
  return {
    rule,
    part: 'jsonSchema',
    message,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    breaks,
    isFeature: breaks.includes('forward') && !breaks.includes('backward'),
    ...(counterExample === undefined ? {} : { counterExample }),
  };
}

/** Tells that a contract got its schema, or has none any more. */
function wholeChange(
  older: SchemaSide | undefined,
  newer: SchemaSide | undefined,
): SchemaChange | undefined {
  if (older !== undefined && newer !== undefined) return undefined;
  const isAdded = newer !== undefined;
  return {
    rule: isAdded ? 'schema-added' : 'schema-removed',
    message: `The JSON Schema was ${isAdded ? 'added' : 'removed'}`,
    before: isAdded ? undefined : '',
    after: isAdded ? '' : undefined,
    effect: isAdded ? 'narrows' : 'widens',
    alone: undefined,
  };
}

function isSameSide(one: SchemaSide, other: SchemaSide): boolean {
  const [left, right] = [one.references, other.references];
  return (
    isSame(one.schema, other.schema) &&
    left.size === right.size &&
    [...left].every(([uri, schema]) => isSame(schema, right.get(uri)))
  );
}
