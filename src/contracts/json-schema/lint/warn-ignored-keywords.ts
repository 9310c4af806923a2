import { escapeToken } from '#contracts/json/pointer';
import { DIALECTS, type Dialect, refHidesSiblings } from '#contracts/json-schema/dialect';
import type { LintFindings } from '#contracts/json-schema/lint/lint-findings';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { quote } from '#domain/errors';

/** Keywords that not every draft knows: from which one on and up to which. */
const SPANS: readonly (readonly [keywords: string, from: Dialect, to: Dialect])[] = [
  ['id', 'draft-04', 'draft-04'],
  ['dependencies', 'draft-04', 'draft-07'],
  ['additionalItems', 'draft-04', '2019-09'],
  ['$id const contains examples propertyNames', 'draft-06', '2020-12'],
  ['$comment contentEncoding contentMediaType else if then', 'draft-07', '2020-12'],
  ['readOnly writeOnly', 'draft-07', '2020-12'],
  ['$recursiveAnchor $recursiveRef', '2019-09', '2019-09'],
  ['$anchor $defs $vocabulary contentSchema deprecated', '2019-09', '2020-12'],
  ['dependentRequired dependentSchemas maxContains minContains', '2019-09', '2020-12'],
  ['unevaluatedItems unevaluatedProperties', '2019-09', '2020-12'],
  ['$dynamicAnchor $dynamicRef prefixItems', '2020-12', '2020-12'],
];

const KNOWN_IN: ReadonlyMap<string, readonly Dialect[]> = new Map(
  SPANS.flatMap(([keywords, from, to]) => {
    const dialects = DIALECTS.slice(DIALECTS.indexOf(from), DIALECTS.indexOf(to) + 1);
    return keywords.split(' ').map((keyword) => [keyword, dialects] as const);
  }),
);

/** What may stand beside a reference in the older drafts: it decides nothing, or is only there to be referred to. */
const HARMLESS_BESIDE_REF = new Set(
  '$comment $ref $schema default definitions description examples readOnly title writeOnly'.split(
    ' ',
  ),
);

/** Warns of keywords that have no effect: of another draft, or beside a `$ref` that hides them. */
export function warnIgnoredKeywords(place: SchemaPlace, findings: LintFindings): void {
  const { dialect, document, pointer } = place;
  const keywords = keywordsOf(place);
  const isHiding = refHidesSiblings(dialect) && typeof keywords['$ref'] === 'string';
  for (const keyword of Object.keys(keywords)) {
    const at = { pointer: `${pointer}/${escapeToken(keyword)}`, document };
    const knownIn = KNOWN_IN.get(keyword);
    if (knownIn !== undefined && !knownIn.includes(dialect)) {
      const message = `Cannot apply keyword ${quote(keyword)}: is not known to ${dialect} (want ${knownIn.join(' or ')})`;
      findings.warning('keyword-ignored', at, message);
    } else if (isHiding && !HARMLESS_BESIDE_REF.has(keyword)) {
      const message = `Cannot apply keyword ${quote(keyword)}: stands beside "$ref", where ${dialect} ignores it (want both in an "allOf")`;
      findings.warning('keyword-ignored', at, message);
    }
  }
}
