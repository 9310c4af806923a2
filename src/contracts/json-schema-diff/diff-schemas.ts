import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import { diffBounds } from '#contracts/json-schema-diff/diff-bounds';
import { diffBranches } from '#contracts/json-schema-diff/diff-branches';
import { diffDefinitions } from '#contracts/json-schema-diff/diff-definitions';
import { diffItems } from '#contracts/json-schema-diff/diff-items';
import { diffMembers } from '#contracts/json-schema-diff/diff-members';
import { diffDialect, diffNotes } from '#contracts/json-schema-diff/diff-notes';
import { diffReferences, followReferences } from '#contracts/json-schema-diff/diff-references';
import { diffScalars } from '#contracts/json-schema-diff/diff-scalars';
import {
  joinContexts,
  type SchemaChange,
  type SchemaContext,
} from '#contracts/json-schema-diff/schema-change';
import {
  type DiffSurroundings,
  type FoundChange,
  type InnerPair,
  type PairDifferences,
  placeChange,
  type SchemaPair,
} from '#contracts/json-schema-diff/schema-pair';
import { placed } from '#contracts/json-schema-diff/show';

/** The most differences that are told of two schemas. */
export const SCHEMA_CHANGES_MAX = 500;

/** The most pairs of schemas that are compared: two that lead into themselves differently make the product of both. */
const PAIRS_MAX = 20_000;

export interface DiffOptions {
  /** Whether `format` is a rule for texts, or only a remark. */
  readonly assertsFormats: boolean;
}

export interface SchemaDiff {
  /** In the order of the older schema, at most `SCHEMA_CHANGES_MAX`. */
  readonly changes: readonly SchemaChange[];
  /** How many more there are; those of pairs beyond the bound count as one. */
  readonly omitted: number;
}

/**
 * Lists the differences of two schemas, each where its keyword stands. What is used from many places is told once, and
 * schemas that lead into themselves end. A rename is a removal and an addition.
 */
export function diffSchemas(older: SchemaSet, newer: SchemaSet, options: DiffOptions): SchemaDiff {
  const walk = new DiffWalk({ older, newer }, options);
  walk.visit([{ older: older.root, newer: newer.root, context: 'plain' }]);
  // What nothing refers to decides nothing, but it is told.
  for (const pair of walk.definitions()) walk.visit([pair]);
  return walk.result();
}

interface Visit {
  readonly pair: SchemaPair;
  context: SchemaContext;
  readonly found: PairDifferences;
}

class DiffWalk {
  readonly #sets: Readonly<Record<keyof SchemaPair, SchemaSet>>;
  readonly #surroundings: DiffSurroundings;
  readonly #visits = new Map<SchemaPlace, Map<SchemaPlace, Visit>>();
  readonly #order: Visit[] = [];
  #isOver = false;

  constructor(sets: Readonly<Record<keyof SchemaPair, SchemaSet>>, options: DiffOptions) {
    this.#sets = sets;
    this.#surroundings = {
      ...options,
      hasUnevaluated: Object.values(sets).some((set) => usesUnevaluated(set)),
      follow: (side, place) => followReferences(sets[side], place),
    };
  }

  visit(start: readonly InnerPair[]): void {
    const left = [...start];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const visit = this.#enter(next);
      if (visit === undefined) continue;
      // The last one put is the first one visited.
      for (const { older, newer, context } of visit.found.inner.toReversed())
        left.push({ older, newer, context: nest(visit.context, context) });
    }
  }

  /** Lists the definitions of both roots that have the same name and were not compared yet. */
  definitions(): readonly InnerPair[] {
    const { older, newer } = this.#sets;
    const { changes, inner } = diffDefinitions({ older: older.root, newer: newer.root }, (place) =>
      this.#isKnown(place),
    );
    this.#order.push({
      pair: { older: older.root, newer: newer.root },
      context: 'unused',
      found: { changes, inner: [] },
    });
    return inner;
  }

  result(): SchemaDiff {
    const changes: SchemaChange[] = [];
    let omitted = this.#isOver ? 1 : 0;
    for (const { pair, context, found } of this.#order) {
      for (const change of found.changes) {
        if (changes.length < SCHEMA_CHANGES_MAX) changes.push(placeChange(pair, context, change));
        else omitted += 1;
      }
    }
    return { changes, omitted };
  }

  /** Notes that a pair is reached; gives it when there is something to do in it. */
  #enter({ older, newer, context }: InnerPair): Visit | undefined {
    const others = this.#visits.get(older) ?? new Map<SchemaPlace, Visit>();
    this.#visits.set(older, others);
    const known = others.get(newer);
    if (known !== undefined) {
      const joined = joinContexts(known.context, context);
      if (joined === known.context) return undefined;
      known.context = joined;
      return known;
    }
    if (this.#order.length >= PAIRS_MAX) {
      this.#isOver = true;
      return undefined;
    }
    const pair = { older, newer };
    const visit = { pair, context, found: this.#compare(pair) };
    others.set(newer, visit);
    this.#order.push(visit);
    return visit;
  }

  #compare(pair: SchemaPair): PairDifferences {
    const { older, newer } = this.#sets;
    const isRoot = pair.older === older.root && pair.newer === newer.root;
    const dialect = isRoot ? diffDialect(pair) : [];
    const references = diffReferences(pair, this.#sets);
    if (references.hidesRest) {
      return { changes: [...dialect, ...references.changes], inner: references.inner };
    }
    if (pair.older.schema === false || pair.newer.schema === false) {
      return { changes: diffClosed(pair), inner: [] };
    }
    const parts = [
      references,
      diffMembers(pair, this.#surroundings),
      diffItems(pair, this.#surroundings),
      diffBranches(pair, this.#surroundings),
    ];
    return {
      changes: [
        ...dialect,
        ...diffScalars(pair, this.#surroundings),
        ...diffBounds(pair),
        ...parts.flatMap(({ changes }) => changes),
        ...diffNotes(pair),
      ],
      inner: parts.flatMap(({ inner }) => inner),
    };
  }

  #isKnown(place: SchemaPlace): boolean {
    return this.#visits.has(place);
  }
}

/** Tells that a schema became `false`, or is it no longer. */
function diffClosed({ older, newer }: SchemaPair): readonly FoundChange[] {
  if (older.schema === newer.schema) return [];
  const isClosed = newer.schema === false;
  const what = isClosed ? 'refuses everything now' : 'no longer refuses everything';
  return [
    {
      rule: isClosed ? 'schema-closed' : 'schema-opened',
      message: `The schema${placed(newer.pointer)} ${what}`,
      effect: isClosed ? 'narrows' : 'widens',
      was: '',
      is: '',
      alone: { path: '', value: newer.schema },
    },
  ];
}

function nest(outer: SchemaContext, inner: SchemaContext): SchemaContext {
  if (outer === 'unused' || inner === 'plain') return outer;
  if (outer === 'plain') return inner;
  return outer === 'flipped' && inner === 'flipped' ? 'plain' : 'unclear';
}

function usesUnevaluated(set: SchemaSet): boolean {
  return [...set.document.places.values()].some((place) => {
    const { unevaluatedItems, unevaluatedProperties } = keywordsOf(place);
    return (unevaluatedItems ?? unevaluatedProperties) !== undefined;
  });
}
