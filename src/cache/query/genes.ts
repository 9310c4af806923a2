import {
  broad,
  type CheckedFilter,
  checkAlone,
  checkFilter,
  checkFrom,
  checkLimit,
  classOf,
  type GeneFilter,
  type GeneInclude,
  type GeneRegion,
  type GeneRequest,
  invalid,
} from '#cache/query/gene-request';
import {
  crossing,
  overlapping,
  type RangeColumns,
  starting,
  stoppable,
} from '#cache/query/overlap';
import {
  type Candidates,
  countQuery,
  equals,
  narrowed,
  pageQuery,
  WITHIN,
} from '#cache/query/page-query';
import type { Query } from '#cache/query/query';
import { RegistryError } from '#domain/errors';

const LOOKUP_MAX = 1_000;
const GENES = 'gene_summary AS g';

const COLUMNS: RangeColumns = {
  table: 'gene_summary',
  within: 'seqid',
  start: '"start"',
  end: '"end"',
  rowName: 'rowid',
  rtree: { table: 'gene_summary_rtree', id: 'gene_rowid' },
  hasIndex: true,
};

/** What is shown in which order. Each takes one bit of a number that stands for a set. */
const INCLUDES: readonly (readonly [GeneInclude, readonly string[]])[] = [
  ['coords', ['seqid', 'start', 'end']],
  ['biotype', ['biotype']],
  ['counts', ['transcript_count']],
  ['length', ['sequence_length']],
];
const JSON_OF: readonly string[] = Array.from({ length: 2 ** INCLUDES.length }, (_, bits) => {
  const more = INCLUDES.flatMap(([, columns], bit) => ((bits >> bit) & 1 ? columns : []));
  const pairs = ['gene_id', 'name', ...more].map((column) => `'${column}', g."${column}"`);
  return `json_object(${pairs.join(', ')})`;
});
// Whole texts: a look-up takes 2 us, and one tenth of that is to find its statement.
const BY_ID = JSON_OF.map((json) => `SELECT ${json} FROM ${GENES} WHERE g.gene_id = ?`);
const BY_IDS = JSON_OF.map(
  (json) =>
    `SELECT group_concat(j, ','), count(*) FROM (SELECT ifnull((SELECT ${json} FROM ${GENES} WHERE g.gene_id = ids.value), 'null') AS j FROM json_each(?) AS ids LIMIT -1)${WITHIN}`,
);

/**
 * Writes the query of a page of genes.
 * @throws INVALID_REQUEST for what makes no sense together, INVALID_CURSOR, QUERY_TOO_BROAD without any filter, for a region
 * over 5,000,000 bases and for a prefix under 2 characters
 */
export function planGenes(request: GeneRequest): Query {
  const { filter, sort, limit, from } = request;
  checkLimit(limit);
  if (sort === 'region' && filter.region === undefined)
    throw invalid('sort', sort, 'no region is given (want one)');
  const bits = bitsOf(request.include);
  if (filter.geneId !== undefined) return byId(request, filter.geneId, bits);
  const checked = checkFilter(filter);
  const candidates = candidatesOf(checked);
  if (candidates === undefined)
    throw broad('filter', '', 'it is empty (want a gene id, name, prefix, biotype or region)');
  if (from !== undefined) checkFrom(sort, from);
  // No index is to be followed for its order alone: it would be read whole for a prefix that is rare.
  const isSorted = checked.prefix === undefined && checked.region === undefined;
  const geneId = isSorted ? 'g.gene_id' : '+g.gene_id';
  return pageQuery({
    table: 'gene_summary',
    json: JSON_OF[bits] ?? '',
    candidates,
    keys: sort === 'region' ? ['g."start"', 'g.gene_id', 'g.rowid'] : [geneId, 'g.rowid'],
    rowKeys: ['rowid'],
    limit,
    from,
    class: classOf(filter),
  });
}

/** Writes the query of how many genes there are: one object, `{"gene_count": n}`. Without a filter: all. */
export function planGeneCount({ filter }: Pick<GeneRequest, 'filter'>): Query {
  const { geneId } = filter;
  if (geneId !== undefined) {
    checkAlone(filter);
    const one = { from: GENES, where: ['g.gene_id = ?'], values: [geneId] };
    return countQuery('gene_count', [one], 'cheap');
  }
  const all = { from: GENES, where: [], values: [] };
  const candidates = candidatesOf(checkFilter(filter)) ?? [all];
  return countQuery('gene_count', candidates, classOf(filter));
}

/**
 * Writes the query of genes by their ids: as many values as ids, in their order, `null` for an id that is not there.
 * @throws INVALID_REQUEST for no id or more than 1,000
 */
export function planGeneLookup(ids: readonly string[], include: ReadonlySet<GeneInclude>): Query {
  if (ids.length === 0 || ids.length > LOOKUP_MAX)
    throw invalid('gene ids', String(ids.length), `it is their count (want 1 to ${LOOKUP_MAX})`);
  const sql = BY_IDS[bitsOf(include)] ?? '';
  return { sql, values: [JSON.stringify(ids)], class: 'medium' };
}

function byId({ filter, from }: GeneRequest, geneId: string, bits: number): Query {
  const { name, namePrefix, biotype, region } = filter;
  if ((name ?? namePrefix ?? biotype ?? region) !== undefined) checkAlone(filter);
  if (from !== undefined)
    throw new RegistryError(
      'INVALID_CURSOR',
      `Cannot go on at gene id "${geneId}": it has one page (want no cursor)`,
    );
  return { sql: BY_ID[bits] ?? '', values: [geneId], class: 'cheap' };
}

/** Gives the rows that a filter is about; `undefined` for all. The filter that leaves fewest leads. */
function candidatesOf(filter: CheckedFilter): Candidates[] | undefined {
  const { name, prefix, biotype, region } = filter;
  if (name !== undefined) return byName(name, filter);
  if (region !== undefined) {
    const candidates = narrowed(byRegion(region), ...kindOf(biotype));
    return prefix === undefined ? candidates : narrowed(candidates, ...prefixOf(prefix, '+'));
  }
  if (prefix !== undefined) {
    const [where, values] = prefixOf(prefix, '');
    const candidates = { from: GENES, where: [...stoppable('rowid'), ...where], values };
    return narrowed([candidates], ...kindOf(biotype));
  }
  if (biotype === undefined) return undefined;
  return [{ from: GENES, where: [...stoppable('rowid'), equals('g.biotype')], values: [biotype] }];
}

type Condition = [where: readonly string[], values: readonly (string | number)[]];

function kindOf(biotype: string | undefined): Condition {
  return biotype === undefined ? [[], []] : [['+g.biotype = +?'], [biotype]];
}

function prefixOf(
  { from, behind }: NonNullable<CheckedFilter['prefix']>,
  sign: '+' | '',
): Condition {
  const column = `${sign}g.name_normalized`;
  if (behind === undefined) return [[`${column} >= +?`], [from]];
  return [
    [`${column} >= +?`, `${column} < +?`],
    [from, behind],
  ];
}

function byName(name: string, { biotype, region }: CheckedFilter): Candidates[] {
  const named = { from: GENES, where: [equals('g.name_normalized')], values: [name] };
  const ofKind = narrowed([named], ...kindOf(biotype));
  return region === undefined ? ofKind : narrowed(ofKind, ...placeOf(region));
}

/** The condition of a region on a row that is found otherwise. */
function placeOf({ seqid, start, end, mode }: GeneRegion): Condition {
  const touch = '(+g."end" = +? OR +g."start" = +?)';
  const conditions: Record<GeneRegion['mode'], Condition> = {
    overlap: [
      ['+g."start" <= +?', '+g."end" >= +?'],
      [end, start],
    ],
    containment: [
      ['+g."start" >= +?', '+g."end" <= +?'],
      [start, end],
    ],
    boundary_touch: [[touch], [start, end]],
  };
  const [where, values] = conditions[mode];
  return [
    ['+g.seqid = +?', ...where],
    [seqid, ...values],
  ];
}

function byRegion({ seqid, start, end, mode }: GeneRegion): readonly Candidates[] {
  const stretch = { within: seqid, start, end };
  switch (mode) {
    case 'overlap':
      return overlapping(COLUMNS, stretch);
    case 'containment':
      return narrowed([starting(COLUMNS, stretch)], ['g."end" <= +?'], [end]);
    case 'boundary_touch': {
      // Genes that end at the first base cross it. One that does both is among those that start at the last.
      const ending = narrowed(
        crossing(COLUMNS, stretch, 'g."start" <= +?'),
        ['+g."end" = +?', 'g."start" <> +?'],
        [start, end],
      );
      return [...ending, starting(COLUMNS, { ...stretch, start: end })];
    }
    default:
      return mode satisfies never;
  }
}

function bitsOf(include: ReadonlySet<GeneInclude>): number {
  if (include.size === 0) return 0;
  return INCLUDES.reduce((bits, [name], bit) => (include.has(name) ? bits | (1 << bit) : bits), 0);
}

export type { GeneFilter, GeneInclude, GeneRegion, GeneRequest };
