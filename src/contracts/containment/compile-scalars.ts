import type { CompilePlace } from '#contracts/containment/compiler';
import { type Literal, not, TYPE_BITS } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import { rationalOf } from '#contracts/containment/rational';
import { keywordsOf } from '#contracts/json-schema/schema-place';
import { canonicalJson, type Json, type JsonObject } from '#domain/canonical-json';

/** Compiles what a schema says of types, values, numbers and texts. */
export function compileScalars(at: CompilePlace): Literal[] {
  const { place, compiler } = at;
  const keywords = keywordsOf(place);
  const { table } = compiler;
  const found = [...compileNumbers(keywords, table)];
  const { type, minLength, maxLength, pattern, format } = keywords;
  if (type !== undefined) found.push(table.type(typeBits(type)));
  if (Object.hasOwn(keywords, 'const') && place.dialect !== 'draft-04')
    found.push(table.enum([keywords['const'] as Json]));
  if (Array.isArray(keywords['enum'])) found.push(table.enum(keywords['enum']));
  if (typeof minLength === 'number')
    found.push(table.plain({ kind: 'minLength', count: minLength }));
  if (typeof maxLength === 'number')
    found.push(atMost(table, { kind: 'minLength', count: maxLength, type: 'string' }));
  if (typeof pattern === 'string') found.push(table.plain({ kind: 'pattern', source: pattern }));
  if (typeof format === 'string' && compiler.assertsFormats)
    found.push(table.plain({ kind: 'format', name: format }));
  if (place.dialect === 'draft-07') found.push(...compileContent(at));
  return found;
}

/** In draft 7 a validator may check what a text encodes; most do not, and later drafts say that it is a remark. */
function compileContent({ place, compiler }: CompilePlace): readonly Literal[] {
  const { table } = compiler;
  const { contentEncoding, contentMediaType } = keywordsOf(place);
  if (contentEncoding === undefined && contentMediaType === undefined) return [];
  const key = `content ${canonicalJson([contentEncoding ?? null, contentMediaType ?? null])}`;
  const checked = compiler.opaque(key, 'whether the content of a text is checked is not known');
  return [table.or([not(table.type(TYPE_BITS.string)), checked])];
}

function compileNumbers(keywords: JsonObject, table: NodeTable): readonly Literal[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = keywords;
  const found: Literal[] = [];
  const least = (limit: number, exclusive: boolean): void => {
    found.push(table.plain({ kind: 'minimum', limit: rationalOf(limit), exclusive }));
  };
  const most = (limit: number, exclusive: boolean): void => {
    // At most x: no number, or not above x.
    const above = table.plain({ kind: 'minimum', limit: rationalOf(limit), exclusive: !exclusive });
    found.push(table.or([not(table.type(TYPE_BITS.integer + TYPE_BITS.fraction)), not(above)]));
  };
  // In draft 4 the exclusive forms are true or false.
  if (typeof minimum === 'number') least(minimum, exclusiveMinimum === true);
  if (typeof maximum === 'number') most(maximum, exclusiveMaximum === true);
  if (typeof exclusiveMinimum === 'number') least(exclusiveMinimum, true);
  if (typeof exclusiveMaximum === 'number') most(exclusiveMaximum, true);
  if (typeof multipleOf === 'number' && multipleOf > 0)
    found.push(table.plain({ kind: 'multipleOf', factor: rationalOf(multipleOf) }));
  return found;
}

/** Says that there are at most so many: another type, or not one more. */
export function atMost(
  table: NodeTable,
  {
    kind,
    count,
    type,
  }: {
    readonly kind: 'minLength' | 'minItems' | 'minProperties';
    readonly count: number;
    readonly type: keyof typeof TYPE_BITS;
  },
): Literal {
  const more = table.plain({ kind, count: Math.floor(count) + 1 });
  return table.or([not(table.type(TYPE_BITS[type])), not(more)]);
}

function typeBits(type: Json): number {
  const names = Array.isArray(type) ? type : [type];
  let bits = 0;
  for (const name of names) {
    const known =
      name === 'number'
        ? ['integer', 'fraction']
        : Object.keys(TYPE_BITS).filter((key) => key === name && key !== 'fraction');
    for (const key of known) {
      const bit = TYPE_BITS[key as keyof typeof TYPE_BITS];
      if (Math.floor(bits / bit) % 2 === 0) bits += bit;
    }
  }
  return bits;
}
