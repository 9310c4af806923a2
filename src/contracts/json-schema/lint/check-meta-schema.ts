import type { ErrorObject } from 'ajv';
import type { Dialect } from '#contracts/json-schema/dialect';
import type { LintFindings } from '#contracts/json-schema/lint/lint-findings';
import { flatValidators, wholeValidator } from '#contracts/json-schema/lint/meta-validators';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { canonicalJson, type Json } from '#domain/canonical-json';
import { quote } from '#domain/errors';

/** How many complaints are told of one value: alternatives complain one by one. */
const COMPLAINTS_MAX = 4;

/** These complain only because something inside has done so. */
const ECHOES = new Set(['allOf', 'anyOf', 'if', 'oneOf', 'propertyNames', '$ref', '$dynamicRef']);

const ENUM_IS_UNIQUE: ReadonlySet<Dialect> = new Set(['draft-04', 'draft-06', 'draft-07']);

/**
 * Checks a schema against the meta-schema of its draft: one fault for every value that is wrong. `places` are the
 * subschemas of the document, in the order in which they are told.
 */
export function checkMetaSchema(
  root: SchemaPlace,
  places: Iterable<SchemaPlace>,
  findings: LintFindings,
): void {
  const validate = wholeValidator(root.dialect);
  if (validate(root.schema)) return;
  const [first] = validate.errors ?? [];
  let isTold = false;
  for (const place of places) {
    if (findings.isFull) return;
    const errors = flatValidators(place.dialect).flatMap((each) =>
      each(place.schema) ? [] : (each.errors ?? []),
    );
    if (tellAll(errors, place, findings)) isTold = true;
  }
  // A keyword that only later drafts leave out may hold schemas that are no places.
  if (!isTold && first !== undefined) tellAll([first], { ...root, pointer: '' }, findings);
}

/** Notes the errors of one subschema, those of the same value as one. Says whether there was any. */
function tellAll(
  errors: readonly ErrorObject[],
  { pointer, dialect }: SchemaPlace,
  findings: LintFindings,
): boolean {
  const complaints = new Map<string, Set<string>>();
  for (const error of errors) {
    if (ECHOES.has(error.keyword)) continue;
    const told = complaints.get(error.instancePath) ?? new Set();
    complaints.set(error.instancePath, told.add(tell(error)));
  }
  for (const [path, told] of complaints) {
    const is = [...told].slice(0, COMPLAINTS_MAX).join(', or ');
    fault(findings, pointer + path, `${is} (want a schema that is valid under ${dialect})`);
  }
  return complaints.size > 0;
}

/** Refuses a `type` that lists a value twice, and up to draft-07 an `enum`, as the meta-schemas do. */
export function checkUniqueness(place: SchemaPlace, findings: LintFindings): void {
  const { enum: values, type } = keywordsOf(place);
  if (Array.isArray(type)) refuseTwice(type, `${place.pointer}/type`, findings);
  if (!ENUM_IS_UNIQUE.has(place.dialect) || !Array.isArray(values)) return;
  refuseTwice(values, `${place.pointer}/enum`, findings);
}

function refuseTwice(values: readonly Json[], pointer: string, findings: LintFindings): void {
  const seen = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const text = canonicalJson(value);
    const before = seen.get(text);
    seen.set(text, before ?? index);
    if (before === undefined) continue;
    fault(
      findings,
      pointer,
      `has ${quote(text)} as item ${before} and as item ${index} (want it once)`,
    );
    return;
  }
}

function fault(findings: LintFindings, pointer: string, is: string): void {
  const place = { pointer, document: '' };
  findings.fault('schema-invalid', place, `Cannot accept schema at ${quote(pointer)}: ${is}`);
}

function tell({ keyword, message, params }: ErrorObject): string {
  const said = message ?? keyword;
  if (keyword === 'type') return `must be ${String(params['type']).replaceAll(',', ' or ')}`;
  const allowed: unknown = keyword === 'enum' ? params['allowedValues'] : undefined;
  return Array.isArray(allowed) ? `${said} (${allowed.join(', ')})` : said;
}
