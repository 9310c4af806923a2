import { atMost } from '#contracts/containment/compile-scalars';
import type { CompilePlace } from '#contracts/containment/compiler';
import { type Literal, type NameMatcher, not, TYPE_BITS } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import { refHidesSiblings } from '#contracts/json-schema/dialect';
import {
  childEntries,
  childOf,
  keywordsOf,
  type SchemaPlace,
} from '#contracts/json-schema/schema-place';
import { canonicalJson, isJsonObject, type Json } from '#domain/canonical-json';

/** Compiles what a schema says of objects, but for `unevaluatedProperties`. */
export function compileObjects(at: CompilePlace): Literal[] {
  const { place, scope, compiler } = at;
  const { table } = compiler;
  const { minProperties, maxProperties, required } = keywordsOf(place);
  const found: Literal[] = [...compileDependencies(at)];
  if (typeof minProperties === 'number')
    found.push(table.plain({ kind: 'minProperties', count: minProperties }));
  if (typeof maxProperties === 'number')
    found.push(atMost(table, { kind: 'minProperties', count: maxProperties, type: 'object' }));
  for (const name of textList(required)) found.push(table.plain({ kind: 'required', name }));
  for (const [name, schema] of childEntries(place, 'properties'))
    found.push(table.names({ kind: 'name', name }, compiler.compile(schema, scope)));
  for (const [source, schema] of childEntries(place, 'patternProperties'))
    found.push(table.names({ kind: 'pattern', source }, compiler.compile(schema, scope)));
  const additional = childOf(place, 'additionalProperties');
  if (additional !== undefined)
    found.push(table.names(otherNames(place), compiler.compile(additional, scope)));
  const names = childOf(place, 'propertyNames');
  if (names !== undefined) found.push(table.propertyNames(compiler.compile(names, scope)));
  return found;
}

/** Matches the names that neither `properties` nor `patternProperties` of a schema speak of. */
export function otherNames(place: SchemaPlace): NameMatcher {
  return {
    kind: 'other',
    names: childEntries(place, 'properties')
      .map(([name]) => name)
      .sort(),
    patterns: childEntries(place, 'patternProperties')
      .map(([source]) => source)
      .sort(),
  };
}

function compileDependencies({ place, scope, compiler }: CompilePlace): readonly Literal[] {
  const { table } = compiler;
  const found: Literal[] = [];
  const { dependentRequired, dependencies } = keywordsOf(place);
  const isOld = refHidesSiblings(place.dialect);
  const lists = isOld ? dependencies : dependentRequired;
  if (isJsonObject(lists)) {
    for (const [trigger, names] of Object.entries(lists)) {
      const wanted = textList(names).map((name) => table.plain({ kind: 'required', name }));
      found.push(unless(table, trigger, table.and(wanted)));
    }
  }
  if (!isOld && dependencies !== undefined) {
    // Split in two from 2019-09 on: by the letter it says nothing, and many validators go by it still.
    const key = `dependencies ${canonicalJson(dependencies)}`;
    const reason =
      'validators differ on "dependencies" in this draft: use "dependentRequired" or "dependentSchemas"';
    found.push(table.or([not(table.type(TYPE_BITS.object)), compiler.opaque(key, reason)]));
  }
  for (const keyword of ['dependentSchemas', 'dependencies'])
    for (const [trigger, schema] of childEntries(place, keyword))
      found.push(unless(table, trigger, compiler.compile(schema, scope)));
  return found;
}

/** Says that something holds for every object that has a name. */
function unless(table: NodeTable, trigger: string, wanted: Literal): Literal {
  const has = table.plain({ kind: 'required', name: trigger });
  return table.or([not(table.type(TYPE_BITS.object)), not(has), wanted]);
}

function textList(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.filter((name): name is string => typeof name === 'string')
    : [];
}
