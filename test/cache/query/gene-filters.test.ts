import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planGeneCount } from '#cache/query/genes';
import { type OpenDatasetFile, openDatasetFile } from '#cache/query/open-dataset-file';
import { runQuery } from '#cache/query/run-query';
import { type TestGene, writeGenes } from '#test/cache/query/gene-files';
import { pages, type Region, request, scanned, someGenes } from '#test/cache/query/gene-scan';
import { type TempFolder, tempFolder } from '#test/support/temp';

const MODES = ['overlap', 'containment', 'boundary_touch'] as const;
// Around these, neighbouring whole numbers fall together as 32-bit floats.
const BASES = [1, 16_777_216, 100_000_000, 2_147_483_648, 3_000_000_000];

describe('genes of a region', () => {
  let temporary: TempFolder;
  let genes: TestGene[];
  let open: OpenDatasetFile;
  beforeAll(() => {
    temporary = tempFolder();
    genes = someGenes(7, 3_000);
    const path = join(temporary.path, 'genes.sqlite');
    writeGenes(path, genes);
    open = openDatasetFile(path);
  });
  afterAll(() => {
    open.close();
    temporary[Symbol.dispose]();
  });

  it('every filter gives what a scan of all genes gives, page by page, nothing twice and nothing left out', () => {
    const number = fc.tuple(fc.constantFrom(...BASES), fc.integer({ min: 0, max: 70 }));
    const region = fc
      .record({
        seqid: fc.constantFrom('1', '2', 'X', 'none'),
        at: number,
        span: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 4_999_999 })),
        mode: fc.constantFrom(...MODES),
      })
      .map(({ seqid, at: [base, offset], span, mode }): Region => {
        const start = base + offset;
        return { seqid, start, end: start + span, mode };
      });
    const optional = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(values, { nil: undefined });
    const filters = fc
      .record({
        region: optional(region),
        biotype: optional(fc.constantFrom('coding', 'other', 'none')),
        named: optional(
          fc.oneof(
            fc.record({ name: fc.constantFrom('abc', 'aBc', 'FIX', 'ünal', 'none', '\u{1F600}A') }),
            fc.record({ namePrefix: fc.constantFrom('ab', 'AB', 'ün', 'U\u0308N', 'ﬁ', 'zz') }),
          ),
        ),
      })
      .filter(({ region, biotype, named }) => (region ?? biotype ?? named) !== undefined)
      .map(({ region, biotype, named }) => {
        const place = region === undefined ? {} : { region };
        const kind = biotype === undefined ? {} : { biotype };
        return Object.assign(place, kind, named);
      });
    fc.assert(
      fc.property(
        filters,
        fc.boolean(),
        fc.constantFrom(1, 7, 100, 500),
        (filter, byPlace, limit) => {
          const sort = byPlace && 'region' in filter ? 'region' : 'gene_id';
          const want = scanned(genes, request(filter, { sort }));
          // Small pages of many genes take long and show nothing new.
          const wide = Math.max(limit, Math.ceil(want.length / 20));
          const found = pages(open, request(filter, { sort, limit: Math.min(500, wide) }));
          expect(found.flat()).toEqual(want);
          const count = runQuery(open, planGeneCount({ filter }));
          expect(count).toEqual({
            rows: `[{"gene_count":${want.length}}]`,
            count: 1,
            next: undefined,
          });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('a long gene is found from within, and coordinates that are one 32-bit float are told apart', () => {
    const path = join(temporary.path, 'exact.sqlite');
    const at = (geneId: string, start: number, end: number): TestGene => ({
      geneId,
      name: '',
      seqid: '1',
      start,
      end,
    });
    // More than are looked at one by one, so that the R-tree is asked; the same again on another sequence.
    const fill = Array.from({ length: 400 }, (_, i) =>
      at(`F${String(i).padStart(3, '0')}`, i + 2, i + 2),
    );
    const exact = BASES.slice(1).flatMap((base) =>
      [0, 1, 2, 3].map((i) => at(`E${base}+${i}`, base + i - 5, base + i)),
    );
    const all = [at('long', 1, 4_000_000_000), ...fill, ...exact];
    writeGenes(path, [
      ...all,
      ...all.map((gene) => ({ ...gene, geneId: `2${gene.geneId}`, seqid: '2' })),
    ]);
    const file = openDatasetFile(path);
    for (const base of BASES.slice(1)) {
      for (const offset of [-1, 0, 1, 2, 3, 4]) {
        for (const mode of MODES) {
          const region = { seqid: '1', start: base + offset, end: base + offset + 1, mode };
          const wanted = request({ region }, { sort: 'region' });
          expect(pages(file, wanted).flat(), `${mode} ${base}+${offset}`).toEqual(
            scanned(all, wanted),
          );
        }
      }
    }
    const inside = {
      seqid: '1',
      start: 3_500_000_000,
      end: 3_500_000_000,
      mode: 'overlap',
    } as const;
    expect(pages(file, request({ region: inside })).flat()).toEqual(['long']);
    file.close();
  });
});
