import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lint, SCHEMA_URIS } from '#test/contracts/json-schema/lint/lint';

const fixtures = resolve(import.meta.dirname, '../../../../../shared/fixtures/json-schema-compat');

interface ValidityRow {
  readonly description: string;
  readonly schema: object;
  readonly expected: Readonly<Record<string, boolean>>;
}

/** What the table calls the drafts. */
const URIS: Readonly<Record<string, string>> = {
  'draft-04': SCHEMA_URIS['draft-04'],
  'draft-06': SCHEMA_URIS['draft-06'],
  'draft-07': SCHEMA_URIS['draft-07'],
  'draft-2020': SCHEMA_URIS['2020-12'],
};

const table = join(fixtures, 'apicurio/jsonschema-validity-test-data.json');

describe('validity by draft', () => {
  it('lintSchema() lets pass in one draft what it refuses in another', () => {
    const refused = Object.entries(URIS).filter(
      ([, $schema]) => lint({ $schema, contains: 1 }).faults.length > 0,
    );
    expect(refused.map(([draft]) => draft)).toEqual(['draft-06', 'draft-07', 'draft-2020']);
  });
});

if (existsSync(table)) {
  describe('the table of schemas that are valid or not in four drafts', () => {
    const { tests } = JSON.parse(readFileSync(table, 'utf8')) as { tests: readonly ValidityRow[] };
    const rows = tests.flatMap(({ description, schema, expected }) =>
      Object.entries(expected).map(([draft, isValid]) => ({ description, schema, draft, isValid })),
    );
    /** What two rows call valid, and what the meta-schema of the draft says to that. */
    const knownWrong = (draft: string, schema: object): string | undefined => {
      const text = JSON.stringify(schema);
      // The note at this row says that it should be refused, and that one library does not.
      if (draft === 'draft-2020' && text === '{"$dynamicAnchor":""}') return 'must match pattern';
      // In draft-04 the boolean says something of the bound beside it, and needs one.
      if (draft === 'draft-04' && text === '{"exclusiveMinimum":true}') return 'must have property';
      return undefined;
    };

    it('has 44 rows, two of which the meta-schemas contradict', () => {
      expect(rows).toHaveLength(44);
      expect(rows.filter(({ draft, schema }) => knownWrong(draft, schema))).toHaveLength(2);
    });

    it.each(rows)('lintSchema() says of "$description" in $draft: $isValid', (row) => {
      const { faults } = lint({ $schema: URIS[row.draft], ...row.schema });
      const against = knownWrong(row.draft, row.schema);
      if (against === undefined) expect(faults.length === 0).toBe(row.isValid);
      else expect(faults[0]?.message).toContain(against);
    });
  });
}
