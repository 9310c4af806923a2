import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Containment, compareSchemas } from '#contracts/containment/compare-schemas';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json } from '#domain/canonical-json';

type Pair = readonly [
  name: string,
  first: Json,
  second: Json,
  forth: Containment['kind'],
  back: Containment['kind'],
];

/** One a line: a name, two schemas, whether the first is contained in the second, and the second in the first. */
const PAIRS = readFileSync(join(import.meta.dirname, 'schema-pairs.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Pair);

const text = { type: 'string' };

function compare(inner: Json, outer: Json): ReturnType<typeof compareSchemas> {
  return compareSchemas(new SchemaSet(inner), new SchemaSet(outer));
}

describe('compareSchemas()', () => {
  it.each(PAIRS)('decides %s both ways', (_, first, second, forth, back) => {
    expect([compare(first, second).kind, compare(second, first).kind]).toEqual([forth, back]);
  });

  it('finds a value whose items must be different and equal to others at once', () => {
    const answer = compare({ type: 'array', minItems: 2, not: { uniqueItems: true } }, false);
    expect(answer.kind).toBe('refuted');
  });

  it('gives the same answer and the same counter-example every time', () => {
    for (const [name, first, second] of PAIRS) {
      expect(compare(second, first), name).toEqual(compare(second, first));
    }
  });

  it('takes formats for remarks where it is told so', () => {
    const sets = [{ type: 'string' }, { type: 'string', format: 'date' }].map(
      (s) => new SchemaSet(s),
    );
    const [inner, outer] = sets;
    if (inner === undefined || outer === undefined) throw new TypeError('no pair');
    expect(compareSchemas(inner, outer, { assertsFormats: false }).kind).toBe('contained');
    expect(compareSchemas(inner, outer, { assertsFormats: true }).kind).toBe('refuted');
  });

  it('reads a reference to a registered schema, and says of one that is not there that it is unknown', () => {
    const schema = { properties: { a: { $ref: 'address.json#/$defs/zip' } } };
    const references = new Map<string, Json>([['address.json', { $defs: { zip: text } }]]);
    const known = new SchemaSet(schema, { references });
    const plain = new SchemaSet({ properties: { a: text } });
    expect(compareSchemas(known, plain).kind).toBe('contained');
    expect(compareSchemas(new SchemaSet(schema), plain).kind).toBe('unknown');
  });
});
