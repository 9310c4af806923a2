import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SchemaComparer } from '#contracts/containment/compare-schemas';
import type { DirectionVerdict } from '#contracts/gate/gate-report';
import { proveDirection, schemaSide } from '#contracts/gate/prove-direction';
import { type Dialect, metaSchemaUri } from '#contracts/json-schema/dialect';
import type { Json, JsonObject } from '#domain/canonical-json';
import { compared, ofSchema } from '#test/contracts/gate/gate-job';

const folder = resolve(import.meta.dirname, '../../../../shared/fixtures/json-schema-compat');
const table = join(folder, 'apicurio/jsonschema-compatibility-test-data.json');
const containment = join(folder, 'containment');

interface Row {
  readonly id: string;
  readonly compatibility: 'backward' | 'both' | 'none';
  readonly original: Json;
  readonly updated: Json;
}

/** Where the proof is right and the table is policy, or takes a pattern for anchored. */
const DISAGREEMENTS: Readonly<Record<string, string>> = {
  'Complex: anyOf 1 forward': 'every text is a string, so that its length never counts',
  'Complex: oneOf 1 backward': 'a text of six letters matched one branch, and matches two now',
  'Complex: oneOf 1 forward': 'what one branch alone allows of any length is allowed by both',
  'Complex: oneOf 3 backward': 'a short text matched one branch, and matches two now',
  'Conditional: else forward': '[A-Z]* matches a part of every text, so that it says nothing',
  'Conditional: if backward': '[a-z]* and [A-Z]* match a part of every text',
  'Conditional: if forward': '[a-z]* and [A-Z]* match a part of every text',
  'Conditional: then forward': '[a-z]* matches a part of every text',
  'Const backward': 'a text is never an array, so that both refuse everything',
  'Const forward': 'a text is never an array, so that both refuse everything',
  'String: pattern 1 forward': '[a-z]* matches a part of every text',
  'String: pattern 2 backward': '[a-z]* and [A-Z]* match a part of every text',
  'String: pattern 2 forward': '[a-z]* and [A-Z]* match a part of every text',
};

/** Writes the draft into a schema that does not say it. */
function inDialect(schema: Json, dialect: Dialect): Json {
  if (typeof schema !== 'object' || '$schema' in (schema as JsonObject)) return schema;
  return { $schema: metaSchemaUri(dialect), ...(schema as JsonObject) };
}

describe('the tables of compatible schemas', () => {
  it('are read in the draft that they are written in', () => {
    expect(inDialect({ type: 'null' }, 'draft-07')).toEqual({
      $schema: 'http://json-schema.org/draft-07/schema',
      type: 'null',
    });
    expect(inDialect(true, 'draft-07')).toBe(true);
  });
});

if (existsSync(table)) {
  describe('the table of a registry', () => {
    const { tests } = JSON.parse(readFileSync(table, 'utf8')) as { tests: readonly Row[] };
    const judged = tests.flatMap(({ id, compatibility, original, updated }) => {
      const contents = [original, updated].map((each) => ofSchema(inDialect(each, 'draft-07')));
      const [older = {}, newer = {}] = contents;
      const { backward, forward } = compared(older, newer);
      return [
        { name: `${id} backward`, wanted: compatibility !== 'none', verdict: backward },
        { name: `${id} forward`, wanted: compatibility === 'both', verdict: forward },
      ];
    });
    const differs = ({ wanted, verdict }: { wanted: boolean; verdict: DirectionVerdict }) =>
      verdict.kind !== 'unknown' && (verdict.kind === 'compatible') !== wanted;

    it('has 290 directions, and runGate() differs in the 13 that are known alone', () => {
      const names = judged.filter(differs).map(({ name }) => name);
      expect(judged).toHaveLength(290);
      expect(names.toSorted()).toEqual(Object.keys(DISAGREEMENTS).toSorted());
      console.log(
        `agreement ${judged.filter(({ wanted, verdict }) => (verdict.kind === 'compatible') === wanted).length} of ${judged.length}`,
      );
      expect(names.length / judged.length).toBeLessThan(0.05);
    });

    it('is contradicted only with a document that shows it', () => {
      const refuted = judged.filter((row) => differs(row) && row.wanted);
      expect(refuted.map(({ name }) => name)).toEqual([
        'Complex: oneOf 1 backward',
        'Complex: oneOf 3 backward',
      ]);
      for (const { verdict } of refuted) expect(verdict).toHaveProperty('counterExample');
    });

    it('leaves no refuted direction without a document, but where the validator reads no schema', () => {
      const refuted = judged.filter(({ verdict }) => verdict.kind === 'incompatible');
      const shown = refuted.filter(({ verdict }) => 'counterExample' in verdict);
      console.log(`${shown.length} of ${refuted.length} refuted directions have a document`);
      expect(shown.length).toBeGreaterThanOrEqual(refuted.length - 1);
      expect(refuted.length).toBeGreaterThan(110);
    });
  });
}

interface ContainmentRow {
  readonly id: number;
  readonly schema1: Json;
  readonly schema2: Json;
  readonly tests: { readonly s1SubsetEqOfs2?: boolean; readonly s2SubsetEqOfs1?: boolean };
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'draft2020-12': '2020-12',
  draft7: 'draft-07',
};

if (existsSync(containment)) {
  describe.each(Object.entries(DIALECTS))('the rows of %s on containment', (name, dialect) => {
    const files = readdirSync(join(containment, name), {
      recursive: true,
      encoding: 'utf8',
    }).filter((file) => file.endsWith('.json'));
    const refutable = files.flatMap((file) => {
      const rows = JSON.parse(
        readFileSync(join(containment, name, file), 'utf8'),
      ) as readonly ContainmentRow[];
      const assertsFormats = file.includes('optional/format');
      return rows.flatMap(({ schema1, schema2, tests }) => {
        const there = { inner: schema1, outer: schema2, assertsFormats };
        const back = { inner: schema2, outer: schema1, assertsFormats };
        return [
          tests.s1SubsetEqOfs2 === false ? there : [],
          tests.s2SubsetEqOfs1 === false ? back : [],
        ].flat();
      });
    });

    it('that are false are refuted with a document in four of five cases and more', () => {
      const verdicts = refutable.map(({ inner, outer, assertsFormats }) => {
        const comparer = new SchemaComparer(assertsFormats);
        const budget = { stepsMax: 200_000, expired: () => false };
        const options = { comparer, assertsFormats, isExplained: true, ...budget };
        const [writer, reader] = [inner, outer].map((each) =>
          schemaSide(inDialect(each, dialect), new Map(), options),
        );
        if (writer === undefined || reader === undefined) throw new Error('no sides');
        return proveDirection(writer, reader, { ...options, validUnder: 'older' });
      });
      const shown = verdicts.filter((verdict) => 'counterExample' in verdict).length;
      const disputed = verdicts.filter(
        (verdict) => verdict.kind === 'unknown' && verdict.reason.includes('second validator'),
      );
      console.log(`${name}: ${shown} of ${verdicts.length} false rows have a document`);
      expect(shown / verdicts.length).toBeGreaterThan(0.8);
      // Where the two disagree nothing is claimed, and the known gaps of the validator are left out before.
      expect(disputed).toEqual([]);
    }, 120_000);
  });
}
