import { escapeToken } from '#contracts/json/pointer';
import type { Dialect } from '#contracts/json-schema/dialect';
import { schemaHolders } from '#contracts/json-schema/keywords';
import { keywordsOf } from '#contracts/json-schema/schema-place';
import { named, wentFrom } from '#contracts/json-schema-diff/diff-scalars';
import {
  type FoundChange,
  isSame,
  type SchemaPair,
  valuesOf,
} from '#contracts/json-schema-diff/schema-pair';
import { placed } from '#contracts/json-schema-diff/show';

const IDENTIFIERS = new Set(['$anchor', '$dynamicAnchor', '$id', '$recursiveAnchor']);

/** What is compared by rules of its own. */
const COMPARED = new Set(
  [
    '$ref $dynamicRef $recursiveRef $schema type enum const multipleOf pattern format uniqueItems required',
    'minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems',
    'minProperties maxProperties contentEncoding contentMediaType',
  ].flatMap((names) => names.split(' ')),
);

const SINCE_2019 = new Set(['dependentRequired', 'minContains', 'maxContains']);

/** Lists what differs and decides nothing: names, texts for readers, and keywords that the draft does not know. */
export function diffNotes(pair: SchemaPair): readonly FoundChange[] {
  const keys = [...Object.keys(keywordsOf(pair.older)), ...Object.keys(keywordsOf(pair.newer))];
  return [...new Set(keys)].flatMap((keyword) => {
    const { was, is } = valuesOf(pair, keyword);
    if (isRule(keyword, pair.newer.dialect) || isRule(keyword, pair.older.dialect)) return [];
    if (isSame(was, is)) return [];
    const isIdentifier =
      IDENTIFIERS.has(keyword) || (keyword === 'id' && pair.newer.dialect === 'draft-04');
    const path = escapeToken(keyword);
    const change: FoundChange = {
      rule: isIdentifier ? 'identifier-changed' : 'annotation-changed',
      message: `${named(keyword, pair.newer)} ${wentFrom(was, is)}`,
      effect: 'none',
      ...(was === undefined ? {} : { was: path }),
      ...(is === undefined ? {} : { is: path }),
    };
    return [change];
  });
}

/** Tells that two schemas are written in different drafts, once where that begins. */
export function diffDialect({ older, newer }: SchemaPair): readonly FoundChange[] {
  if (older.dialect === newer.dialect) return [];
  return [
    {
      rule: 'dialect-changed',
      message: `The schema${placed(newer.pointer)} is written in ${newer.dialect} instead of ${older.dialect}`,
      effect: 'unclear',
      was: '',
      is: '',
    },
  ];
}

function isRule(keyword: string, dialect: Dialect): boolean {
  if (schemaHolders(dialect).has(keyword)) return keyword !== 'contentSchema';
  if (SINCE_2019.has(keyword)) return dialect === '2019-09' || dialect === '2020-12';
  if (keyword === 'const') return dialect !== 'draft-04';
  return COMPARED.has(keyword);
}
