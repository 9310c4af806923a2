import { expect } from 'vitest';
import { type GeneFilter, type GeneInclude, type GeneRequest, planGenes } from '#cache/query/genes';
import type { OpenDatasetFile } from '#cache/query/open-dataset-file';
import { runQuery } from '#cache/query/run-query';
import type { TestGene } from '#test/cache/query/gene-files';
import { seeded } from '#test/support/seed';

export type Region = NonNullable<GeneFilter['region']>;
export type Row = { gene_id: string; start: number };

export const NONE: ReadonlySet<GeneInclude> = new Set();

/** Makes a request of what a test does not care about. */
export function request(filter: GeneFilter, more: Partial<GeneRequest> = {}): GeneRequest {
  return { filter, include: NONE, sort: 'gene_id', limit: 100, ...more };
}

/** What a region means, written down once more. */
function isIn(gene: TestGene, { seqid, start, end, mode }: Region): boolean {
  if (gene.seqid !== seqid) return false;
  if (mode === 'overlap') return gene.start <= end && gene.end >= start;
  if (mode === 'containment') return gene.start >= start && gene.end <= end;
  return gene.end === start || gene.start === end;
}

function isWanted(gene: TestGene, { name, namePrefix, biotype, region }: GeneFilter): boolean {
  const folded = gene.name.normalize('NFKC').toLowerCase();
  const isEmpty = gene.name === '';
  if (name !== undefined && (isEmpty || folded !== name.normalize('NFKC').toLowerCase()))
    return false;
  const prefix = namePrefix?.normalize('NFKC').toLowerCase();
  if (prefix !== undefined && (isEmpty || !folded.startsWith(prefix))) return false;
  if (biotype !== undefined && gene.biotype !== biotype) return false;
  return region === undefined || isIn(gene, region);
}

/** The ids that a scan of all genes gives, in order. */
export function scanned(genes: readonly TestGene[], { filter, sort }: GeneRequest): string[] {
  const byId = (a: TestGene, b: TestGene): number => (a.geneId < b.geneId ? -1 : 1);
  return genes
    .filter((gene) => isWanted(gene, filter))
    .toSorted((a, b) => (sort === 'region' ? a.start - b.start || byId(a, b) : byId(a, b)))
    .map(({ geneId }) => geneId);
}

/** All pages of a request, one after the other. */
export function pages(open: OpenDatasetFile, request: GeneRequest): string[][] {
  const found: string[][] = [];
  let from: GeneRequest['from'];
  do {
    const query = planGenes(from === undefined ? request : { ...request, from });
    const page = runQuery(open, query);
    const rows = JSON.parse(page.rows) as Row[];
    expect(page.count).toBe(rows.length);
    found.push(rows.map((row) => row.gene_id));
    from = page.next;
  } while (from !== undefined);
  return found;
}

/** Genes that overlap, touch and repeat each other's names, the same for the same seed. */
export function someGenes(seed: number, count: number): TestGene[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const start = random.pick([1, 16_777_216, 100_000_000, 2_147_483_648]) + random.int(60);
    const isLong = random.int(20) === 0;
    const length = isLong ? random.int(2_500_000_000) : random.int(12);
    const name = random.pick([
      '',
      'abc',
      'ABC',
      'abd',
      'ab',
      'Ünal',
      'ÜNAL2',
      'ﬁx',
      '\u{1F600}a',
      'x',
    ]);
    return {
      geneId: `G${String(random.int(10 ** 6)).padStart(6, '0')}-${i}`,
      name,
      seqid: random.pick(['1', '2', 'X']),
      start,
      end: start + length,
      biotype: random.pick(['coding', 'other']),
      transcripts: random.int(9),
    };
  });
}
