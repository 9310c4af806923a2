import { itemSchemas } from '#contracts/containment/compile-arrays';
import type { CompilePlace } from '#contracts/containment/compiler';
import { type Literal, type NameMatcher, not, TRUE, TYPE_BITS } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import {
  childEntries,
  childList,
  childOf,
  type SchemaPlace,
} from '#contracts/json-schema/schema-place';

/** What a schema has evaluated of a value, under a condition. */
interface Cover {
  readonly condition: Literal;
  readonly part: CoveredPart;
}

type CoveredPart =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'first-items'; readonly count: number }
  | { readonly kind: 'items-that-match'; readonly item: Literal }
  | { readonly kind: 'everything' };

type Subject = 'properties' | 'items';

/** How many conditions are told apart: each doubles the cases. */
const CONDITIONS_MAX = 8;

/**
 * Compiles `unevaluatedProperties` and `unevaluatedItems`: for every way in which the schemas beside them can hold or not,
 * what is left over is known, and the keyword is a rule for that.
 */
export function compileUnevaluated(at: CompilePlace): Literal[] {
  return (['properties', 'items'] as const).flatMap((subject) => {
    const keyword = subject === 'properties' ? 'unevaluatedProperties' : 'unevaluatedItems';
    const schema = childOf(at.place, keyword);
    if (schema === undefined) return [];
    const each = at.compiler.compile(schema, at.scope);
    if (each === TRUE) return [];
    const covers = new Coverage(subject).of(at);
    return compileCases(at, { subject, each, covers });
  });
}

function compileCases(
  { compiler }: CompilePlace,
  rule: { readonly subject: Subject; readonly each: Literal; readonly covers: readonly Cover[] },
): Literal[] {
  const { table } = compiler;
  const always = rule.covers.filter(({ condition }) => condition === TRUE);
  const conditions = [...new Set(rule.covers.map(({ condition }) => condition))].filter(
    (condition) => condition !== TRUE,
  );
  if (always.some(({ part }) => part.kind === 'everything')) return [];
  if (conditions.length > CONDITIONS_MAX) {
    const key = `unevaluated ${rule.subject} ${rule.each} ${JSON.stringify(rule.covers)}`;
    const reason = `what "unevaluated${rule.subject === 'items' ? 'Items' : 'Properties'}" leaves over hangs on more than ${CONDITIONS_MAX} conditions`;
    return [compiler.opaque(key, reason)];
  }
  const decide = (held: readonly Literal[], open: readonly Literal[]): Literal => {
    const [next, ...rest] = open;
    if (next === undefined) {
      const parts = rule.covers.filter(({ condition }) => held.includes(condition));
      return leftOver(table, rule, [...always, ...parts]);
    }
    const [yes, no] = [decide([...held, next], rest), decide(held, rest)];
    if (yes === no) return yes;
    return table.or([table.and([next, yes]), table.and([not(next), no])]);
  };
  return [decide([], conditions)];
}

function leftOver(
  table: NodeTable,
  { subject, each }: { readonly subject: Subject; readonly each: Literal },
  covers: readonly Cover[],
): Literal {
  const parts = covers.map(({ part }) => part);
  if (parts.some(({ kind }) => kind === 'everything')) return TRUE;
  if (subject === 'properties') {
    const names = parts.flatMap((part) => (part.kind === 'name' ? [part.name] : []));
    const patterns = parts.flatMap((part) => (part.kind === 'pattern' ? [part.source] : []));
    const matcher: NameMatcher = {
      kind: 'other',
      names: [...new Set(names)].sort(),
      patterns: [...new Set(patterns)].sort(),
    };
    return table.names(matcher, each);
  }
  const first = Math.max(0, ...parts.map((part) => (part.kind === 'first-items' ? part.count : 0)));
  const matching = parts.flatMap((part) => (part.kind === 'items-that-match' ? [part.item] : []));
  const range = { from: first, to: Number.POSITIVE_INFINITY };
  return table.items(range, table.or([each, ...matching]));
}

/** Collects what the schemas of one place evaluate. */
class Coverage {
  readonly #subject: Subject;
  readonly #seen = new Set<SchemaPlace>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Lists what is evaluated beside the `unevaluated` keyword itself. */
  of(at: CompilePlace): readonly Cover[] {
    if (this.#seen.has(at.place)) return [];
    this.#seen.add(at.place);
    const covers = [
      ...this.#own(at).map((part) => ({ condition: TRUE, part })),
      ...this.#applied(at),
    ];
    this.#seen.delete(at.place);
    return covers;
  }

  #own({ place, scope, compiler }: CompilePlace): readonly CoveredPart[] {
    if (this.#subject === 'properties') {
      if (childOf(place, 'additionalProperties') !== undefined) return [{ kind: 'everything' }];
      return [
        ...childEntries(place, 'properties').map(([name]) => ({ kind: 'name', name }) as const),
        ...childEntries(place, 'patternProperties').map(
          ([source]) => ({ kind: 'pattern', source }) as const,
        ),
      ];
    }
    const { prefix, rest } = itemSchemas(place);
    if (rest !== undefined) return [{ kind: 'everything' }];
    const contains = childOf(place, 'contains');
    // From 2020-12 on what `contains` has matched is evaluated.
    const matched =
      contains === undefined || place.dialect !== '2020-12'
        ? []
        : [{ kind: 'items-that-match', item: compiler.compile(contains, scope) } as const];
    return [{ kind: 'first-items', count: prefix.length }, ...matched];
  }

  #applied(at: CompilePlace): readonly Cover[] {
    const { place, scope, compiler } = at;
    const { table } = compiler;
    const covers: Cover[] = [];
    const add = (inner: SchemaPlace, condition: Literal): void => {
      for (const cover of this.#inside({ ...at, place: inner }))
        covers.push({ ...cover, condition: table.and([condition, cover.condition]) });
    };
    for (const { target } of compiler.references(place, scope))
      if (target !== undefined)
        for (const cover of this.#inside({
          place: target,
          scope: scope.enter(target.resource),
          compiler,
        }))
          covers.push(cover);
    for (const inner of childList(place, 'allOf')) add(inner, TRUE);
    for (const keyword of ['anyOf', 'oneOf'])
      for (const inner of childList(place, keyword)) add(inner, compiler.compile(inner, scope));
    for (const [trigger, inner] of childEntries(place, 'dependentSchemas')) {
      const has = table.plain({ kind: 'required', name: trigger });
      add(inner, table.and([table.type(TYPE_BITS.object), has]));
    }
    const condition = childOf(place, 'if');
    if (condition === undefined) return covers;
    const holds = compiler.compile(condition, scope);
    add(condition, holds);
    for (const [keyword, guard] of [
      ['then', holds],
      ['else', not(holds)],
    ] as const) {
      const branch = childOf(place, keyword);
      if (branch !== undefined) add(branch, guard);
    }
    return covers;
  }

  /** Lists what a schema applied in place evaluates: where it says what becomes of the rest, everything. */
  #inside(at: CompilePlace): readonly Cover[] {
    const keyword = this.#subject === 'properties' ? 'unevaluatedProperties' : 'unevaluatedItems';
    if (childOf(at.place, keyword) !== undefined) {
      return [{ condition: TRUE, part: { kind: 'everything' } }];
    }
    return this.of(at);
  }
}
