import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIALECTS, metaSchemaUri } from '#contracts/json-schema/dialect';
import { lintSchema } from '#contracts/json-schema/lint/lint-schema';
import { findMetaSchema } from '#contracts/json-schema/meta-schemas';
import { faultsOf, lint, SCHEMA_URIS } from '#test/contracts/json-schema/lint/lint';

const fixtures = resolve(import.meta.dirname, '../../../../../shared/fixtures');
const containment = join(fixtures, 'json-schema-compat/containment');
const lineage = join(fixtures, 'openlineage/spec');

function jsonTexts(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && statSync(join(folder, name)).isFile())
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

describe('lintSchema() of the meta-schemas', () => {
  it.each(DIALECTS)('takes that of %s, and warns of nothing', (dialect) => {
    const { faults, warnings } = lint(findMetaSchema(metaSchemaUri(dialect)));
    expect([...faults, ...warnings]).toEqual([]);
  });
});

if (existsSync(containment)) {
  describe('lintSchema() of the schemas of the containment set', () => {
    it.each([
      ['draft7', SCHEMA_URIS['draft-07'], 14],
      ['draft2020-12', SCHEMA_URIS['2020-12'], 12],
    ])('refuses none in %s, but for references that its makers broke', (name, $schema, broken) => {
      const rows = jsonTexts(join(containment, name)).flatMap(
        (text) => JSON.parse(text) as readonly { schema1: unknown; schema2: unknown }[],
      );
      const faults = rows
        .flatMap(({ schema1, schema2 }) => [schema1, schema2])
        .filter((schema) => typeof schema === 'object')
        .flatMap((schema) => faultsOf({ $schema, ...schema }));
      expect(rows.length).toBeGreaterThan(2_500);
      expect(faults.filter((fault) => !fault.startsWith('ref-unresolved'))).toEqual([]);
      expect(faults).toHaveLength(broken);
    });
  });
}

if (existsSync(lineage)) {
  describe('lintSchema() of the schemas of OpenLineage', () => {
    const texts = jsonTexts(lineage).filter((text) => text.includes('"$schema"'));
    const idOf = (text: string) => String((JSON.parse(text) as { $id: unknown }).$id);
    const registered = new Map(texts.map((text) => [idOf(text), text]));

    it('takes each when the others are registered, and warns of nothing', () => {
      expect(texts.length).toBeGreaterThan(40);
      for (const text of texts) {
        const { faults, warnings } = lintSchema(text, { references: registered });
        expect([...faults, ...warnings], idOf(text)).toEqual([]);
      }
    });

    it('misses the schemas that it refers to, and nothing else, when none is registered', () => {
      const missed = texts.flatMap((text) => lintSchema(text, { references: new Map() }).faults);
      expect(missed.length).toBeGreaterThan(40);
      for (const { rule, message } of missed) {
        expect(rule).toBe('ref-unresolved');
        expect(message).toMatch(/\$ref "https:\/\/openlineage\.io\/spec\//);
      }
    });
  });
}
