import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import draft04 from 'ajv-draft-04';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS, type Dialect, metaSchemaUri } from '#contracts/json-schema/dialect';
import { findMetaSchema } from '#contracts/json-schema/meta-schemas';
import { faultsOf, SCHEMA_URIS } from '#test/contracts/json-schema/lint/lint';

/** The validator as others use it, with the meta-schemas as they are. */
function stockValidator(dialect: Dialect): ValidateFunction {
  const options = { strict: false, logger: false } as const;
  const uri = metaSchemaUri(dialect);
  if (dialect === 'draft-04') return known(new draft04.default(options).getSchema(uri));
  if (dialect === '2019-09') return known(new Ajv2019(options).getSchema(uri));
  if (dialect === '2020-12') return known(new Ajv2020(options).getSchema(uri));
  if (dialect === 'draft-07') return known(new Ajv(options).getSchema(uri));
  return new Ajv({ ...options, meta: false }).compile(findMetaSchema(uri) as object);
}

function known(validate: unknown): ValidateFunction {
  if (typeof validate !== 'function') throw new Error('no meta-schema');
  return validate as ValidateFunction;
}

const KEYWORDS =
  '$anchor $comment $defs $dynamicAnchor $id additionalItems additionalProperties allOf anyOf const contains default definitions dependencies dependentRequired dependentSchemas deprecated enum exclusiveMaximum format id if items maxItems maximum minLength multipleOf not pattern patternProperties prefixItems properties propertyNames readOnly required title type unevaluatedItems uniqueItems';

const { schema: anySchema } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>('a', 'string', '', 0, 1, -1, 0.5, true, null, ['a'], ['a', 'a'], []),
    tie('schema'),
    fc.array(tie('schema'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('schema'), { maxKeys: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom(['a'], ['a', 'a'], 1), { maxKeys: 2 }),
    fc.array(fc.constantFrom<unknown>('string', 'null', 1, 'x', { a: 1 }, [1]), { maxLength: 3 }),
  ),
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(true, {}, { type: 'string' }),
    fc.dictionary(fc.constantFrom(...KEYWORDS.split(' ')), tie('value'), { maxKeys: 3 }),
  ),
}));

describe('lintSchema() and the meta-schemas', () => {
  it.each(DIALECTS)(
    'refuses a schema of %s exactly when the meta-schema as it is refuses it',
    (draft) => {
      const validate = stockValidator(draft);
      let valid = 0;
      let invalid = 0;
      fc.assert(
        fc.property(anySchema, (made) => {
          if (typeof made !== 'object' || made === null) return;
          // As it would come: made ones may lack the prototype by which the validator compares objects.
          const text = JSON.stringify({ ...made, $schema: SCHEMA_URIS[draft] });
          const schema = JSON.parse(text) as object;
          const isValid = validate(schema);
          if (isValid) valid += 1;
          else invalid += 1;
          const isRefused = faultsOf(schema).some((fault) => fault.startsWith('schema-invalid'));
          expect(isRefused).toBe(!isValid);
        }),
        { numRuns: 1_500 },
      );
      expect(Math.min(valid, invalid)).toBeGreaterThan(100);
    },
  );
});
