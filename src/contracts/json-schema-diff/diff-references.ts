import { type Dialect, refHidesSiblings } from '#contracts/json-schema/dialect';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import { diffNotes } from '#contracts/json-schema-diff/diff-notes';
import { named, wentFrom } from '#contracts/json-schema-diff/diff-scalars';
import {
  type FoundChange,
  type InnerPair,
  isSame,
  type PairDifferences,
  type SchemaPair,
  valuesOf,
} from '#contracts/json-schema-diff/schema-pair';

/** What may stand beside a reference and decides nothing. */
const SILENT = new Set(
  '$anchor $comment $defs $id $schema default definitions deprecated description examples readOnly title writeOnly'.split(
    ' ',
  ),
);

/** How many references may lead to each other. */
const REFERENCES_MAX = 100;

interface ReferenceDifferences extends PairDifferences {
  /** Whether the two schemas are nothing but what they refer to. */
  readonly hidesRest: boolean;
}

/** Gives what a schema stands for that is nothing but a reference; else the schema itself. */
export function followReferences(set: SchemaSet, place: SchemaPlace): SchemaPlace {
  let at = place;
  for (let count = 0; count < REFERENCES_MAX; count += 1) {
    const next = isAlias(at) ? targetOf(set, at, '$ref') : undefined;
    if (next === undefined) return at;
    at = next;
  }
  return place;
}

/** Compares what two schemas refer to: the schemas behind references stand for each other whatever they are called. */
export function diffReferences(
  pair: SchemaPair,
  sets: Readonly<Record<keyof SchemaPair, SchemaSet>>,
): ReferenceDifferences {
  const target: SchemaPair = {
    older: followReferences(sets.older, pair.older),
    newer: followReferences(sets.newer, pair.newer),
  };
  const { was, is } = valuesOf(pair, '$ref');
  const areBoth = was !== undefined && is !== undefined;
  const areAliases = areBoth && isAlias(pair.older) && isAlias(pair.newer);
  const isAny = target.older !== pair.older || target.newer !== pair.newer;
  // A reference that got rules beside it still refers to the same.
  if (!isAny || (areBoth && !areAliases)) return { ...diffBeside(pair, sets), hidesRest: false };
  return {
    changes: [
      ...diffReference(pair, '$ref', 'none'),
      // Beside an inlined schema the texts are compared with those of the schema that was referred to.
      ...(areBoth ? diffNotes(pair) : []),
    ],
    inner: [{ ...target, context: 'plain' }],
    hidesRest: true,
  };
}

/** Compares references that stand beside other rules, or are found only while a document is read. */
function diffBeside(
  pair: SchemaPair,
  sets: Readonly<Record<keyof SchemaPair, SchemaSet>>,
): PairDifferences {
  const changes: FoundChange[] = [];
  const inner: InnerPair[] = [];
  for (const keyword of ['$ref', ...dynamicKeywords(pair.newer.dialect)]) {
    const { was, is } = valuesOf(pair, keyword);
    const older = targetOf(sets.older, pair.older, keyword);
    const newer = targetOf(sets.newer, pair.newer, keyword);
    if (older !== undefined && newer !== undefined) inner.push({ older, newer, context: 'plain' });
    const isOneSided = was === undefined || is === undefined;
    const effect = isOneSided
      ? was === undefined
        ? 'narrows'
        : 'widens'
      : keyword === '$ref' && older !== undefined && newer !== undefined
        ? 'none'
        : 'unclear';
    changes.push(...diffReference(pair, keyword, effect));
  }
  return { changes, inner };
}

function diffReference(
  pair: SchemaPair,
  keyword: string,
  effect: FoundChange['effect'],
): readonly FoundChange[] {
  const { was, is } = valuesOf(pair, keyword);
  if (isSame(was, is)) return [];
  const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
  return [
    {
      rule: `reference-${kind}`,
      message: `${named(keyword, pair.newer)} ${wentFrom(was, is)}`,
      effect,
      ...(was === undefined ? {} : { was: keyword }),
      ...(is === undefined ? {} : { is: keyword }),
      ...(effect === 'none' ? {} : { alone: { path: keyword, value: is } }),
    },
  ];
}

function targetOf(set: SchemaSet, place: SchemaPlace, keyword: string): SchemaPlace | undefined {
  const reference = keywordsOf(place)[keyword];
  return typeof reference === 'string' ? set.resolve(place, reference) : undefined;
}

function isAlias(place: SchemaPlace): boolean {
  const keywords = keywordsOf(place);
  if (typeof keywords['$ref'] !== 'string') return false;
  if (refHidesSiblings(place.dialect)) return true;
  return Object.keys(keywords).every((keyword) => keyword === '$ref' || SILENT.has(keyword));
}

function dynamicKeywords(dialect: Dialect): readonly string[] {
  if (dialect === '2020-12') return ['$dynamicRef'];
  return dialect === '2019-09' ? ['$recursiveRef'] : [];
}
