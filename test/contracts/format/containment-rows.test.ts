import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFormat, FORMATS } from '#contracts/format/check-format';

const folder = resolve(
  import.meta.dirname,
  '../../../../shared/fixtures/json-schema-compat/containment',
);

interface Row {
  readonly schema1: { readonly const: unknown };
  readonly schema2: { readonly format: string };
  readonly tests: { readonly s1SubsetEqOfs2: boolean };
}

/** How many rows may be left open. All others are decided, and decided as the set says. */
const OPEN_MAX: Readonly<Record<string, number>> = {
  'hostname.json': 1,
  'idn-email.json': 1,
  'idn-hostname.json': 41,
};

describe('rows on formats', () => {
  it('leave open no more than some formats of checkFormat()', () => {
    const names = Object.keys(OPEN_MAX).map((name) => name.replace(/\.json$/, ''));
    expect(names.every((name) => FORMATS.includes(name))).toBe(true);
  });
});

if (existsSync(folder)) {
  describe.each(['draft7', 'draft2020-12'])('the rows of %s on formats', (draft) => {
    const rows = join(folder, draft, 'valid/optional/format');
    it.each(readdirSync(rows))('checkFormat() decides no row of %s wrongly', (name) => {
      let open = 0;
      for (const { schema1, schema2, tests } of JSON.parse(
        readFileSync(join(rows, name), 'utf8'),
      ) as readonly Row[]) {
        if (typeof schema1.const !== 'string') continue;
        const verdict = checkFormat(schema2.format, schema1.const);
        if (verdict === 'unknown') open += 1;
        else expect(verdict, schema1.const).toBe(tests.s1SubsetEqOfs2 ? 'valid' : 'invalid');
      }
      expect(open).toBeLessThanOrEqual(OPEN_MAX[name] ?? 0);
    });
  });
}
