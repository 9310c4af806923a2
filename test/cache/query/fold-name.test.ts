import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { behindPrefix, foldName } from '#cache/query/fold-name';
import { buildGeneArtifact } from '#cli/examples/gene-artifact';
import { tempFolder } from '#test/support/temp';

// Characters that fold oddly: ligatures, marks that combine, capitals of other scripts, those beyond 16 bits.
const NAME = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('ﬁ', 'U\u0308', 'Σ', 'ς', 'İ', 'ẞ', 'Ⅷ', '\u{10400}', 'Å') }),
);

describe('foldName()', () => {
  it('folds a name as the artifacts of the examples hold it folded', () => {
    using temporary = tempFolder();
    const path = join(temporary.path, 'names.sqlite');
    const names = fc.sample(NAME, { numRuns: 2_000, seed: 5 }).filter((name) => name !== '');
    const genes = names.map((name, index) => ({
      geneId: String(index).padStart(5, '0'),
      name,
      seqid: '1',
      start: 1,
      end: 2,
    }));
    buildGeneArtifact({ dataset: '1/test/one', source: 'test', genes }, path);
    const db = new Database(path, { readonly: true });
    const folded = db.prepare('SELECT name_normalized FROM gene_summary ORDER BY gene_id').pluck();
    expect(folded.all()).toEqual(names.map(foldName));
    db.close();
  });
});

describe('behindPrefix()', () => {
  const compared = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

  it('lies behind all texts that begin with the prefix and before all others behind them', () => {
    fc.assert(
      fc.property(NAME, NAME, (prefix, other) => {
        const behind = behindPrefix(prefix);
        const isBefore = (text: string): boolean =>
          behind === undefined || compared(text, behind) < 0;
        expect(isBefore(`${prefix}${other}`)).toBe(true);
        const isWithin = compared(other, prefix) >= 0 && isBefore(other);
        expect(isWithin).toBe(
          Buffer.from(other).subarray(0, Buffer.byteLength(prefix)).equals(Buffer.from(prefix)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives nothing where nothing comes behind', () => {
    expect(behindPrefix('\u{10FFFF}\u{10FFFF}')).toBeUndefined();
    expect(behindPrefix('a\u{10FFFF}')).toBe('b');
    expect(behindPrefix('\uD7FF')).toBe('\uE000');
  });
});
