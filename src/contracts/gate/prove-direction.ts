import type { Containment, SchemaComparer } from '#contracts/containment/compare-schemas';
import type { CounterExample, DirectionVerdict } from '#contracts/gate/gate-report';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import { type DocumentValidator, documentValidator } from '#contracts/validation/validate-document';
import { canonicalJson, type Json } from '#domain/canonical-json';

/** The longest counter-example that is told, in bytes of its canonical text. */
export const COUNTER_EXAMPLE_BYTES_MAX = 65_536;

/** One of two schemas that are compared. */
export interface SchemaSide {
  readonly schema: Json;
  /** The schemas that it refers to, by URI. */
  readonly references: ReadonlyMap<string, Json>;
  readonly set: SchemaSet;
  /** Compiles the schema at its first use: most comparisons need no second opinion. */
  readonly validate: DocumentValidator;
}

/** How schemas are compared. */
export interface ProofOptions {
  /** Compares all schemas of one job, which have most in common. */
  readonly comparer: SchemaComparer;
  readonly assertsFormats: boolean;
  readonly stepsMax: number;
  readonly expired: () => boolean;
  /** Whether a second validator confirms what is refuted, and a document is told. */
  readonly isExplained: boolean;
}

/** Puts a schema together with what it refers to. */
export function schemaSide(
  schema: Json,
  references: ReadonlyMap<string, Json>,
  { assertsFormats }: Pick<ProofOptions, 'assertsFormats'>,
): SchemaSide {
  const set = new SchemaSet(schema, { references });
  const { dialect } = set.root;
  let validator: DocumentValidator | undefined;
  const validate: DocumentValidator = (document) => {
    validator ??= documentValidator(schema, { dialect, references, assertsFormats });
    return validator(document);
  };
  return { schema, references, set, validate };
}

/**
 * Decides whether every document that is valid under `writer` is valid under `reader`. A document that says otherwise is
 * told only when a second validator agrees on both sides; where it contradicts, the verdict is unknown.
 */
export function proveDirection(
  writer: SchemaSide,
  reader: SchemaSide,
  {
    validUnder,
    comparer,
    isExplained,
    ...budget
  }: ProofOptions & Pick<CounterExample, 'validUnder'>,
): DirectionVerdict {
  const proof: Containment = comparer.compare(writer.set, reader.set, budget);
  switch (proof.kind) {
    case 'contained':
      return { kind: 'compatible' };
    case 'unknown':
      return { kind: 'unknown', reason: proof.reason };
    case 'refuted':
      if (!isExplained) return { kind: 'incompatible' };
      return confirmed(proof.counterExample, { writer, reader, validUnder });
    default:
      return proof satisfies never;
  }
}

/** Two schemas, of which one is said to take a document that the other refuses. */
export interface Refutation extends Pick<CounterExample, 'validUnder'> {
  readonly writer: SchemaSide;
  readonly reader: SchemaSide;
}

function confirmed(document: Json, refutation: Refutation): DirectionVerdict {
  const opinion = secondOpinion(document, refutation);
  if (opinion.kind !== 'disputed') {
    const { counterExample } = opinion;
    return { kind: 'incompatible', ...(counterExample === undefined ? {} : { counterExample }) };
  }
  const which = opinion.by === 'writer' ? 'valid under the one' : 'invalid under the other';
  const reason = `a document was found that should be ${which} schema, but a second validator says otherwise: ${shown(document)}`;
  return { kind: 'unknown', reason };
}

/** What a second validator says of a refutation. Without a counter-example it does not say, or it is too long to tell. */
export type SecondOpinion =
  | { readonly kind: 'disputed'; readonly by: 'writer' | 'reader' }
  | { readonly kind: 'agreed'; readonly counterExample: CounterExample | undefined };

/** Asks a second validator whether one schema takes a document and the other refuses it. */
export function secondOpinion(
  document: Json,
  { writer, reader, validUnder }: Refutation,
): SecondOpinion {
  const [written, read] = [writer.validate(document), reader.validate(document)];
  if (written.kind === 'invalid') return { kind: 'disputed', by: 'writer' };
  if (read.kind === 'valid') return { kind: 'disputed', by: 'reader' };
  const isTold =
    written.kind === 'valid' &&
    read.kind === 'invalid' &&
    Buffer.byteLength(canonicalJson(document)) <= COUNTER_EXAMPLE_BYTES_MAX;
  const counterExample = isTold ? { document, validUnder, refusal: read.refusal } : undefined;
  return { kind: 'agreed', counterExample };
}

const SHOWN_UNITS_MAX = 200;

function shown(document: Json): string {
  const text = canonicalJson(document);
  return text.length <= SHOWN_UNITS_MAX
    ? text
    : `${text.slice(0, SHOWN_UNITS_MAX).toWellFormed()}…`;
}
