import { FORMATS } from '#contracts/format/check-format';
import { refHidesSiblings } from '#contracts/json-schema/dialect';
import type { LintFindings } from '#contracts/json-schema/lint/lint-findings';
import { patternStates } from '#contracts/json-schema/lint/pattern-states';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { matchesPattern } from '#contracts/pattern/matcher';
import { parsePattern } from '#contracts/pattern/parse-pattern';
import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';
import { quote } from '#domain/errors';

/** How many units of names, times states of patterns, are matched for one warning. Beyond that nothing is said. */
const MATCH_WORK_MAX = 1_000_000;

const COUNTS = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
  ['minContains', 'maxContains'],
] as const;

/** One end of a range of numbers. */
interface Bound {
  readonly keyword: string;
  readonly value: number;
  readonly isExclusive: boolean;
}

/** Warns of what no value, or hardly any, can satisfy, and of formats that nobody checks. */
export function warnContradictions(place: SchemaPlace, findings: LintFindings): void {
  const keywords = keywordsOf(place);
  if (refHidesSiblings(place.dialect) && typeof keywords['$ref'] === 'string') return;
  warnEmptyRanges(place, findings);
  warnForbidden(place, findings);
  const { format } = keywords;
  if (typeof format === 'string' && !FORMATS.includes(format)) {
    const message = `Cannot check format ${quote(format)}: is none of JSON Schema (want one of ${FORMATS.join(', ')})`;
    findings.warning('format-unknown', at(place, 'format'), message);
  }
}

function warnEmptyRanges(place: SchemaPlace, findings: LintFindings): void {
  const keywords = keywordsOf(place);
  const ranges = COUNTS.map(([low, high]): [Bound[], Bound[]] => [
    bound(keywords, low, false),
    bound(keywords, high, false),
  ]);
  ranges.push([
    numberBounds(keywords, 'minimum', 'exclusiveMinimum'),
    numberBounds(keywords, 'maximum', 'exclusiveMaximum'),
  ]);
  for (const [lows, highs] of ranges) {
    for (const low of lows) {
      const high = highs.find((each) => isEmpty(low, each));
      if (high === undefined) continue;
      const is = `${low.value} leaves nothing up to the ${high.value} of ${quote(high.keyword)}`;
      const message = `Cannot satisfy ${quote(low.keyword)}: ${is} (want the smaller number first)`;
      findings.warning('range-empty', at(place, low.keyword), message);
    }
  }
}

function isEmpty(low: Bound, high: Bound): boolean {
  return (
    low.value > high.value || (low.value === high.value && (low.isExclusive || high.isExclusive))
  );
}

/** In draft-04 the exclusive keyword is a boolean beside the bound; later it is a bound of its own. */
function numberBounds(keywords: JsonObject, inclusive: string, exclusive: string): Bound[] {
  return [
    ...bound(keywords, inclusive, keywords[exclusive] === true),
    ...bound(keywords, exclusive, true),
  ];
}

function bound(keywords: JsonObject, keyword: string, isExclusive: boolean): Bound[] {
  const value = keywords[keyword];
  return typeof value === 'number' ? [{ keyword, value, isExclusive }] : [];
}

function warnForbidden(place: SchemaPlace, findings: LintFindings): void {
  const { additionalProperties, patternProperties, properties, required } = keywordsOf(place);
  if (additionalProperties !== false || !Array.isArray(required)) return;
  const sources = isJsonObject(patternProperties) ? Object.keys(patternProperties) : [];
  const patterns = sources.map(parsePattern);
  const states = patterns.map((each) => (each.kind === 'parsed' ? patternStates(each.pattern) : 0));
  const units = required.map((name: Json) => (typeof name === 'string' ? name.length + 1 : 0));
  if (sum(states) * sum(units) > MATCH_WORK_MAX) return;
  const mayBe = (name: string): boolean =>
    (isJsonObject(properties) && Object.hasOwn(properties, name)) ||
    // What a pattern that cannot be read matches is not known: nothing is said then.
    patterns.some((each) => each.kind === 'refused' || matchesPattern(each.pattern, name));
  for (const [index, name] of required.entries()) {
    if (typeof name !== 'string' || mayBe(name)) continue;
    const message = `Cannot require member ${quote(name)}: is not declared, and "additionalProperties" is false (want it in "properties")`;
    findings.warning('required-forbidden', at(place, `required/${index}`), message);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function at({ pointer, document }: SchemaPlace, path: string) {
  return { pointer: `${pointer}/${path}`, document };
}
