import { childList } from '#contracts/json-schema/schema-place';
import { type Branch, matchBranches } from '#contracts/json-schema-diff/match-branches';
import type {
  BranchRule,
  HeldRule,
  SchemaContext,
  SchemaEffect,
} from '#contracts/json-schema-diff/schema-change';
import {
  childrenOf,
  type DiffSurroundings,
  type FoundChange,
  isSame,
  type PairDifferences,
  pathFrom,
  type SchemaPair,
  valuesOf,
} from '#contracts/json-schema-diff/schema-pair';
import { placed, show } from '#contracts/json-schema-diff/show';

interface BranchKeyword {
  readonly keyword: 'allOf' | 'anyOf' | 'oneOf';
  readonly rule: BranchRule;
  /** What one branch more does. */
  readonly coming: SchemaEffect;
  readonly context: SchemaContext;
}

const BRANCHES: readonly BranchKeyword[] = [
  { keyword: 'allOf', rule: 'all-of', coming: 'narrows', context: 'plain' },
  { keyword: 'anyOf', rule: 'any-of', coming: 'widens', context: 'plain' },
  // One branch more may accept what no other does, or make a second one accept what exactly one did.
  { keyword: 'oneOf', rule: 'one-of', coming: 'unclear', context: 'unclear' },
];

interface HeldKeyword {
  readonly keyword: string;
  readonly rule: HeldRule;
  readonly coming: SchemaEffect;
  readonly context: SchemaContext;
}

const HELD: readonly HeldKeyword[] = [
  { keyword: 'not', rule: 'not', coming: 'narrows', context: 'flipped' },
  { keyword: 'if', rule: 'if', coming: 'unclear', context: 'unclear' },
  { keyword: 'then', rule: 'then', coming: 'narrows', context: 'plain' },
  { keyword: 'else', rule: 'else', coming: 'narrows', context: 'plain' },
  { keyword: 'contains', rule: 'contains', coming: 'narrows', context: 'unclear' },
  { keyword: 'propertyNames', rule: 'property-names', coming: 'narrows', context: 'plain' },
];

const OPPOSITE: Readonly<Record<SchemaEffect, SchemaEffect>> = {
  both: 'both',
  narrows: 'widens',
  none: 'none',
  unclear: 'unclear',
  widens: 'narrows',
};

/** Lists what differs in the branches of two schemas, and in the single schemas that they hold. */
export function diffBranches(pair: SchemaPair, surroundings: DiffSurroundings): PairDifferences {
  const found = [
    ...BRANCHES.map((each) => diffList(pair, each, surroundings)),
    ...HELD.map((each) => diffHeld(pair, each)),
  ];
  return {
    changes: found.flatMap(({ changes }) => changes),
    inner: found.flatMap(({ inner }) => inner),
  };
}

function diffList(
  pair: SchemaPair,
  { keyword, rule, coming, context }: BranchKeyword,
  { follow }: DiffSurroundings,
): PairDifferences {
  const values = valuesOf(pair, keyword);
  const where = placed(pair.newer.pointer);
  if (keyword !== 'allOf' && (values.was === undefined) !== (values.is === undefined)) {
    const isAdded = values.was === undefined;
    const change: FoundChange = {
      rule: `${rule}-${isAdded ? 'added' : 'removed'}`,
      message: `${show(keyword)}${where} was ${isAdded ? 'added' : 'removed'}`,
      effect: isAdded ? 'narrows' : 'widens',
      ...(isAdded ? { is: keyword } : { was: keyword }),
      alone: { path: keyword, value: values.is },
    };
    return { changes: [change], inner: [] };
  }
  const branches = (side: keyof SchemaPair): readonly Branch[] =>
    childList(pair[side], keyword).map((place) => ({ place, target: follow(side, place) }));
  const { pairs, removed, added } = matchBranches(branches('older'), branches('newer'));
  const list = Array.isArray(values.was) ? values.was : [];
  const change = ({ place }: Branch, isAdded: boolean): FoundChange => ({
    rule: `${rule}-branch-${isAdded ? 'added' : 'removed'}`,
    message: `A branch of ${show(keyword)}${where} was ${isAdded ? 'added' : 'removed'}: ${show(place.schema)}`,
    effect: isAdded ? coming : OPPOSITE[coming],
    ...(isAdded ? { is: pathFrom(pair.newer, place) } : { was: pathFrom(pair.older, place) }),
    alone: {
      path: keyword,
      value: isAdded ? [...list, place.schema] : list.filter((other) => other !== place.schema),
    },
  });
  return {
    changes: [
      ...removed.map((branch) => change(branch, false)),
      ...added.map((branch) => change(branch, true)),
    ],
    inner: pairs.map(({ older, newer }) => ({ older: older.place, newer: newer.place, context })),
  };
}

function diffHeld(
  pair: SchemaPair,
  { keyword, rule, coming, context }: HeldKeyword,
): PairDifferences {
  const { was, is } = childrenOf(pair, keyword);
  if (was !== undefined && is !== undefined) {
    return { changes: [], inner: [{ older: was, newer: is, context }] };
  }
  if (was === undefined && is === undefined) return { changes: [], inner: [] };
  const isAdded = is !== undefined;
  const change: FoundChange = {
    rule: `${rule}-${isAdded ? 'added' : 'removed'}`,
    message: `${show(keyword)}${placed(pair.newer.pointer)} was ${isAdded ? 'added' : 'removed'}: ${show((is ?? was)?.schema ?? true)}`,
    effect: heldEffect(pair, { keyword, coming, isAdded }),
    ...(isAdded ? { is: keyword } : { was: keyword }),
    alone: { path: keyword, value: is?.schema },
  };
  return { changes: [change], inner: [] };
}

/** A condition without branches decides nothing, and a branch without its condition neither. */
function heldEffect(
  pair: SchemaPair,
  {
    keyword,
    coming,
    isAdded,
  }: Pick<HeldKeyword, 'coming' | 'keyword'> & { readonly isAdded: boolean },
): SchemaEffect {
  const [condition, positive, negative] = ['if', 'then', 'else'].map((each) =>
    valuesOf(pair, each),
  );
  if (keyword === 'then' || keyword === 'else') {
    // Where the condition came or went with it, or changed, what it does depends on both.
    if (condition?.was === undefined && condition?.is === undefined) return 'none';
    if (!isSame(condition.was, condition.is)) return 'unclear';
  }
  if (keyword === 'contains' && Object.values(valuesOf(pair, 'minContains')).includes(0)) {
    return 'unclear';
  }
  const branches = [positive?.was, positive?.is, negative?.was, negative?.is];
  if (keyword === 'if' && branches.every((each) => each === undefined)) return 'none';
  return isAdded ? coming : OPPOSITE[coming];
}
