import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import '@hyperjump/json-schema/draft-07';
import {
  registerSchema,
  type SchemaObject,
  unregisterSchema,
  validate,
} from '@hyperjump/json-schema/draft-2020-12';
import { describe, expect, it } from 'vitest';
import { compareSchemas } from '#contracts/containment/compare-schemas';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json } from '#domain/canonical-json';

const suite = join(
  import.meta.dirname,
  '../../../../shared/fixtures/json-schema-compat/containment',
);

interface Row {
  readonly id: number;
  readonly schema1: Json;
  readonly schema2: Json;
  readonly tests: { readonly s1SubsetEqOfs2?: boolean; readonly s2SubsetEqOfs1?: boolean };
}

interface Question {
  readonly id: string;
  readonly inner: Json;
  readonly outer: Json;
  readonly isContained: boolean;
}

function questions(draft: string): readonly Question[] {
  const folder = join(suite, draft);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .flatMap((path) => {
      const rows = JSON.parse(readFileSync(join(folder, path), 'utf8')) as readonly Row[];
      return rows.flatMap(({ id, schema1, schema2, tests }) => {
        const [forth, back] = [tests.s1SubsetEqOfs2, tests.s2SubsetEqOfs1];
        const questionOf = (way: string, isContained: boolean | undefined): Question[] => {
          const [inner, outer] = way === '1 in 2' ? [schema1, schema2] : [schema2, schema1];
          if (isContained === undefined) return [];
          return [{ id: `${path} #${id} ${way}`, inner, outer, isContained }];
        };
        return questionOf('1 in 2', forth).concat(questionOf('2 in 1', back));
      });
    });
}

/**
 * What the table says and another validator refutes. Most were made from a test of the JSON Schema Test Suite by wrapping
 * it, which moved a `$ref` or an `$id` to where it means something else.
 */
const REFUTED: Readonly<Record<string, readonly string[]>> = {
  draft7: [
    'nonvalid/ref.json #16 1 in 2',
    'universal/id.json #1 2 in 1',
    'universal/items.json #6 2 in 1',
    'universal/ref.json #13 2 in 1',
    'universal/ref.json #17 2 in 1',
    'unsatisfiable/id.json #1 1 in 2',
    'unsatisfiable/ref.json #13 1 in 2',
    'unsatisfiable/ref.json #17 1 in 2',
  ],
  'draft2020-12': [
    'nonvalid/dynamicRef.json #1 1 in 2',
    'nonvalid/dynamicRef.json #2 1 in 2',
    'nonvalid/dynamicRef.json #9 1 in 2',
    'nonvalid/ref.json #14 1 in 2',
    'universal/anchor.json #4 2 in 1',
    'universal/dynamicRef.json #1 2 in 1',
    'universal/dynamicRef.json #2 2 in 1',
    'universal/dynamicRef.json #3 2 in 1',
    'universal/dynamicRef.json #9 2 in 1',
    'universal/dynamicRef.json #10 2 in 1',
    'universal/id.json #2 2 in 1',
    'universal/items.json #4 2 in 1',
    'universal/ref.json #12 2 in 1',
    'universal/ref.json #14 2 in 1',
    'universal/ref.json #15 2 in 1',
    'universal/unevaluatedItems.json #15 2 in 1',
    'universal/unevaluatedProperties.json #19 2 in 1',
    'unsatisfiable/anchor.json #4 1 in 2',
    'unsatisfiable/dynamicRef.json #1 1 in 2',
    'unsatisfiable/dynamicRef.json #2 1 in 2',
    'unsatisfiable/dynamicRef.json #9 1 in 2',
    'unsatisfiable/id.json #2 1 in 2',
    'unsatisfiable/ref.json #12 1 in 2',
    'unsatisfiable/ref.json #15 1 in 2',
  ],
};

type Validator = (draft: string, schema: Json, document: Json) => Promise<boolean>;

async function hyperjump(draft: string, schema: Json, document: Json): Promise<boolean> {
  const id = `https://example.com/${randomUUID()}`;
  registerSchema(schema as SchemaObject, id, DIALECTS[draft]);
  try {
    const output = await validate(id, document as never);
    return output.valid;
  } finally {
    unregisterSchema(id);
  }
}

async function ajv(draft: string, schema: Json, document: Json): Promise<boolean> {
  const options = { strict: false, logger: false, validateFormats: false } as const;
  const validator = draft === 'draft7' ? new Ajv(options) : new Ajv2020(options);
  return validator.compile(schema as object)(document);
}

/** Two, because the first takes an `$id` inside of `enum` for a schema, and the second does not know all of `$dynamicRef`. */
const VALIDATORS: readonly Validator[] = [hyperjump, ajv];

/** Says whether a document is valid under one schema and not under another, as one of the other validators says. */
async function isRefutedBy(draft: string, row: Question, document: Json): Promise<boolean> {
  for (const isValid of VALIDATORS) {
    const refutes =
      (await isValid(draft, row.inner, document)) && !(await isValid(draft, row.outer, document));
    if (refutes) return true;
  }
  return false;
}

const DIALECTS: Readonly<Record<string, string>> = {
  draft7: 'http://json-schema.org/draft-07/schema',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
};

function compare(draft: string, { id, inner, outer }: Question): ReturnType<typeof compareSchemas> {
  const defaultDialect = draft === 'draft7' ? 'draft-07' : '2020-12';
  const [first, second] = [inner, outer].map((s) => new SchemaSet(s, { defaultDialect }));
  if (first === undefined || second === undefined) throw new TypeError('no schemas');
  // The suite means formats as rules only where it says so.
  return compareSchemas(first, second, { assertsFormats: id.includes('optional/format/') });
}

describe('the rows that another validator refutes', () => {
  it.each(Object.keys(REFUTED))('are named once: %s', (draft) => {
    expect(new Set(REFUTED[draft]).size).toBe(REFUTED[draft]?.length);
  });
});

if (existsSync(suite)) {
  describe.each(Object.keys(REFUTED))('the containment suite, %s', (draft) => {
    const rows = questions(draft);
    const answers = rows.map((row) => ({ row, answer: compare(draft, row) }));
    const listed = new Set(REFUTED[draft]);

    it('calls no row contained that is not, but for those that another validator refutes', async () => {
      const wrong = answers.filter(
        ({ row, answer }) => answer.kind === 'contained' && !row.isContained,
      );
      expect(wrong.map(({ row }) => row.id).filter((id) => !listed.has(id))).toEqual([]);
      for (const { row } of wrong) {
        // The inner schema allows one document, and that one is valid under the outer.
        const document = (row.inner as { readonly const: Json }).const;
        expect(document, row.id).toBeDefined();
        expect.soft(await hyperjump(draft, row.outer, document), row.id).toBe(true);
      }
    });

    it('refutes no row that is contained, but for those that another validator refutes too', async () => {
      const wrong = answers.filter(
        ({ row, answer }) => answer.kind === 'refuted' && row.isContained,
      );
      expect(wrong.map(({ row }) => row.id).filter((id) => !listed.has(id))).toEqual([]);
      for (const { row, answer } of wrong) {
        const document = answer.kind === 'refuted' ? answer.counterExample : null;
        expect.soft(await isRefutedBy(draft, row, document), row.id).toBe(true);
      }
    });

    it('proves at least 95 of 100 contained rows and refutes at least 90 of 100 others', () => {
      const share = (isContained: boolean, kind: string): number => {
        const asked = answers.filter(({ row }) => row.isContained === isContained);
        return asked.filter(({ answer }) => answer.kind === kind).length / asked.length;
      };
      const [proved, refuted] = [share(true, 'contained'), share(false, 'refuted')];
      console.log(
        `${draft}: ${rows.length} rows, ${(proved * 100).toFixed(1)} % of the contained ones proved, a counter-example for ${(refuted * 100).toFixed(1)} % of the others`,
      );
      expect(proved).toBeGreaterThan(0.95);
      expect(refuted).toBeGreaterThan(0.9);
    });
  });
}
