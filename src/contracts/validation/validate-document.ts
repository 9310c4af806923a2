import {
  _,
  type Ajv,
  type AnySchema,
  type ErrorObject,
  type Options,
  type ValidateFunction,
} from 'ajv';
import { isMultipleOf, rationalOf } from '#contracts/containment/rational';
import { checkFormat } from '#contracts/format/check-format';
import { ajvOf } from '#contracts/json-schema/ajv-of';
import { type Dialect, metaSchemaUri, refHidesSiblings } from '#contracts/json-schema/dialect';
import { findMetaSchema } from '#contracts/json-schema/meta-schemas';
import { DEFAULT_BASE, resolveUri } from '#contracts/json-schema/schema-document';
import { matchesPattern } from '#contracts/pattern/matcher';
import { parsePattern } from '#contracts/pattern/parse-pattern';
import { describeRefusal } from '#contracts/validation/describe-refusal';
import { newTraits, prepareSchema, type SchemaTraits } from '#contracts/validation/prepare-schema';
import type { Json } from '#domain/canonical-json';

/** What a validator says of a document. */
export type DocumentVerdict =
  | { readonly kind: 'valid' }
  /** `refusal` is one line: where in the document, and by which rule. */
  | { readonly kind: 'invalid'; readonly refusal: string }
  /** The validator cannot read the schema, or is known to read it otherwise than its draft means it. */
  | { readonly kind: 'undecided' };

/** Judges one document after the other by one schema. Never throws. */
export type DocumentValidator = (document: Json) => DocumentVerdict;

export interface ValidationOptions {
  readonly dialect: Dialect;
  /** Registered schemas by the URI that `$ref` names them by. Default none. */
  readonly references?: ReadonlyMap<string, Json>;
  /** Whether `format` is a rule for texts, or only a remark. */
  readonly assertsFormats: boolean;
}

const REFUSAL_UNITS_MAX = 400;

const OPTIONS: Options = { logger: false, strict: false, validateSchema: false };

const UNDECIDED: DocumentVerdict = { kind: 'undecided' };

/** Judges one document by a schema; see `documentValidator`. */
export function validateDocument(
  schema: Json,
  document: Json,
  options: ValidationOptions,
): DocumentVerdict {
  return documentValidator(schema, options)(document);
}

/**
 * Compiles a schema into a validator that shares with the prover of this registry only patterns, formats and exact
 * division: a second opinion. Patterns take time linear in the text. Nothing is ever fetched.
 */
export function documentValidator(schema: Json, options: ValidationOptions): DocumentValidator {
  const doubts = { count: 0 };
  const validate = compile(schema, options, doubts);
  if (validate === undefined) return () => UNDECIDED;
  return (document) => {
    doubts.count = 0;
    try {
      const isValid = validate(document);
      if (doubts.count > 0 || typeof isValid !== 'boolean') return UNDECIDED;
      if (isValid) return { kind: 'valid' };
      return { kind: 'invalid', refusal: refusalOf(validate.errors ?? []) };
    } catch {
      return UNDECIDED;
    }
  };
}

function compile(
  schema: Json,
  { dialect, references = new Map(), assertsFormats }: ValidationOptions,
  doubts: { count: number },
): ValidateFunction | undefined {
  try {
    const traits = newTraits();
    const ajv = createAjv(dialect, assertsFormats);
    const add = (value: Json, uri: string): void => {
      ajv.addSchema(prepareSchema(value, { dialect, uri }, traits) as AnySchema, uri);
    };
    for (const [key, reference] of references) {
      const uri = resolveUri(key, DEFAULT_BASE)?.uri;
      if (uri !== undefined) add(reference, uri);
    }
    add(schema, DEFAULT_BASE);
    if (isMisread(traits)) return undefined;
    for (const format of traits.formats) {
      ajv.addFormat(format, (text: string) => {
        const verdict = checkFormat(format, text);
        if (verdict === 'unknown') doubts.count += 1;
        return verdict !== 'invalid';
      });
    }
    return ajv.getSchema(DEFAULT_BASE);
  } catch {
    return undefined;
  }
}

/** Says whether the validator is known to read such a schema otherwise than its draft means it. */
function isMisread({ keywords, ...traits }: SchemaTraits): boolean {
  const uses = (keyword: string): boolean => keywords.has(keyword);
  if (
    traits.mixesDialects ||
    traits.judgesLeftItemsTwice ||
    uses('__proto__') ||
    uses('$dynamicRef')
  )
    return true;
  // It forgets what such branches have looked at, and where one item is contained it takes all for looked at.
  const isForgetful = traits.hasIfWithoutThen || uses('dependentSchemas');
  if (uses('unevaluatedItems') && (isForgetful || uses('contains'))) return true;
  return uses('unevaluatedProperties') && isForgetful;
}

function createAjv(dialect: Dialect, assertsFormats: boolean): Ajv {
  const options: Options = {
    ...OPTIONS,
    validateFormats: assertsFormats,
    ignoreKeywordsWithRef: refHidesSiblings(dialect),
    // Else every object would have a member "constructor".
    ownProperties: true,
    // A schema is compiled for one document or a few: code that is quick to make beats code that is quick to run.
    inlineRefs: false,
    // Half of the compiled code would be texts of refusals, of which one is told.
    messages: false,
    code: { regExp: linearPattern, optimize: false },
  };
  const ajv = ajvOf(dialect, options);
  if (dialect !== 'draft-04') ajv.removeKeyword('id');
  if (dialect === 'draft-06') {
    for (const keyword of ['if', 'then', 'else']) ajv.removeKeyword(keyword);
    ajv.addSchema(findMetaSchema(metaSchemaUri(dialect)) as AnySchema);
  }
  return withExactDivision(ajv);
}

/** Replaces division of doubles, by which 0.3 is no multiple of 0.1. */
function withExactDivision(ajv: Ajv): Ajv {
  return ajv.removeKeyword('multipleOf').addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile: (factor: number) => {
      const exact = rationalOf(factor);
      return (value: number) => factor <= 0 || isMultipleOf(rationalOf(value), exact);
    },
    error: {
      message: 'is no multiple',
      params: ({ schema }) => _`{multipleOf: ${schema as number}}`,
    },
  });
}

/** Puts the linear engine where the validator wants a regular expression. */
function compilePattern(source: string): {
  test(text: string): boolean;
  toString(): string;
} {
  const read = parsePattern(source);
  if (read.kind === 'refused') throw new SyntaxError(read.fault.message);
  const { pattern } = read;
  // The validator tells patterns apart by their text.
  return { test: (text) => matchesPattern(pattern, text), toString: () => `/${source}/u` };
}
const linearPattern = Object.assign(compilePattern, { code: 'linearPattern' });

/** Tells the error that says most: of the branch that got furthest, and not only that no branch fits. */
function refusalOf(errors: readonly ErrorObject[]): string {
  const telling = tellingError(errors);
  const { instancePath = '' } = telling ?? {};
  const where = instancePath === '' ? 'the document' : instancePath;
  const is = telling === undefined ? 'is refused' : describeRefusal(telling);
  const line = `${where} ${is}`.slice(0, REFUSAL_UNITS_MAX);
  return line.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ').toWellFormed();
}

const COMPOSITE = new Set(['allOf', 'anyOf', 'else', 'if', 'oneOf', 'then']);

/** By these rules branches tell documents apart; a branch that fails by another one was meant. */
const TELLING_APART = new Set(['const', 'enum', 'type']);

function tellingError(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const last = errors.at(-1);
  const { passingSchemas } = (last?.params ?? {}) as Record<string, unknown>;
  // Here too many branches fit, and what the others say is beside the point.
  if (last === undefined || (last.keyword === 'oneOf' && Array.isArray(passingSchemas))) {
    return last;
  }
  const weight = ({ instancePath, keyword }: ErrorObject): number =>
    2 * instancePath.split('/').length - (TELLING_APART.has(keyword) ? 3 : 0);
  const leaves = errors.filter(({ keyword }) => !COMPOSITE.has(keyword));
  return leaves.reduce(
    (best, each) => (weight(each) > weight(best) ? each : best),
    leaves[0] ?? last,
  );
}
