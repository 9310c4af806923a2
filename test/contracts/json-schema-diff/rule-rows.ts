import { describe, expect, it } from 'vitest';
import type { Json } from '#domain/canonical-json';
import { type DiffSetting, diffOf, told } from '#test/contracts/json-schema-diff/told';

/** Holds two schemas, what is told of them, and what is told the other way round. */
export type RuleRow = readonly [
  older: Json,
  newer: Json,
  there: readonly string[],
  back: readonly string[],
  setting?: DiffSetting,
];

/** Registers what must hold of a group of rules: right, the other way round, and not where nothing differs. */
export function describeRules(name: string, rows: readonly RuleRow[]): void {
  describe(`the rules of ${name}`, () => {
    it.each(rows.map((row) => [JSON.stringify(row[0]), JSON.stringify(row[1]), row] as const))(
      'diffSchemas() tells %s and %s apart, and the other way round',
      (_older, _newer, [older, newer, there, back, setting]) => {
        expect(told(older, newer, setting)).toEqual(there);
        expect(told(newer, older, setting)).toEqual(back);
      },
    );

    it('diffSchemas() tells nothing of a schema and itself', () => {
      for (const [older, newer, , , setting] of rows) {
        expect(told(older, older, setting)).toEqual([]);
        expect(told(newer, structuredClone(newer), setting)).toEqual([]);
      }
    });

    it('diffSchemas() passes the same on from a property, and takes it back under "not"', () => {
      for (const [older, newer, there, , setting] of rows) {
        const inside = (schema: Json): Json => ({ properties: { p: { not: { not: schema } } } });
        const effects = diffOf(inside(older), inside(newer), setting).changes;
        if (there.some((line) => /definition|reference|dialect/.test(line))) continue;
        expect(effects.map(({ rule, effect }) => `${rule} ${effect}`)).toEqual(
          there.map((line) => line.split(' ').slice(0, 2).join(' ')),
        );
      }
    });
  });
}
