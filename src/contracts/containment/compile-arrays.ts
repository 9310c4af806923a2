import { atMost } from '#contracts/containment/compile-scalars';
import type { CompilePlace } from '#contracts/containment/compiler';
import { type Literal, not, TRUE, TYPE_BITS } from '#contracts/containment/node';
import {
  childList,
  childOf,
  keywordsOf,
  type SchemaPlace,
} from '#contracts/json-schema/schema-place';

/** Compiles what a schema says of arrays, but for `unevaluatedItems`. */
export function compileArrays({ place, scope, compiler }: CompilePlace): Literal[] {
  const { table } = compiler;
  const { minItems, maxItems, uniqueItems, minContains, maxContains } = keywordsOf(place);
  const found: Literal[] = [];
  if (typeof minItems === 'number') found.push(table.plain({ kind: 'minItems', count: minItems }));
  if (typeof maxItems === 'number')
    found.push(atMost(table, { kind: 'minItems', count: maxItems, type: 'array' }));
  if (uniqueItems === true) found.push(table.plain({ kind: 'uniqueItems' }));
  const { prefix, rest } = itemSchemas(place);
  prefix.forEach((schema, index) => {
    found.push(table.items({ from: index, to: index + 1 }, compiler.compile(schema, scope)));
  });
  if (rest !== undefined) {
    const range = { from: prefix.length, to: Number.POSITIVE_INFINITY };
    found.push(table.items(range, compiler.compile(rest, scope)));
  }
  const contains = childOf(place, 'contains');
  if (contains === undefined) return found;
  const item = compiler.compile(contains, scope);
  const counts = place.dialect === '2019-09' || place.dialect === '2020-12';
  const least = counts && typeof minContains === 'number' ? minContains : 1;
  found.push(table.plain({ kind: 'contains', item, count: least }));
  if (counts && typeof maxContains === 'number') {
    const more = table.plain({ kind: 'contains', item, count: maxContains + 1 });
    found.push(table.or([not(table.type(TYPE_BITS.array)), more === TRUE ? not(TRUE) : not(more)]));
  }
  return found;
}

/** Gives the schemas of the first items, and that of those behind them, in every draft. */
export function itemSchemas(place: SchemaPlace): {
  readonly prefix: readonly SchemaPlace[];
  readonly rest: SchemaPlace | undefined;
} {
  if (place.dialect === '2020-12') {
    return { prefix: childList(place, 'prefixItems'), rest: childOf(place, 'items') };
  }
  const list = childList(place, 'items');
  if (!Array.isArray(keywordsOf(place)['items'])) {
    return { prefix: [], rest: childOf(place, 'items') };
  }
  return { prefix: list, rest: childOf(place, 'additionalItems') };
}
