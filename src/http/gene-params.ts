import { z } from 'zod';
import type { GeneFilter, GeneInclude, GeneRegion, GeneRequest } from '#cache/query/genes';
import type { DatasetName } from '#domain/dataset-name';
import { parseDatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import { integerQuery, sha256 } from '#http/api-schemas';

const LIMIT = { min: 1, max: 500, default: 100 };
const INCLUDES = ['coords', 'biotype', 'counts', 'length'] as const;
const REGION = /^(.{1,128}):(\d{1,15})-(\d{1,15})$/s;

const value = z.string().min(1).max(256);

/** The parameters that name a dataset. */
export const datasetParams = {
  dataset: value.optional().meta({ example: '110/homo_sapiens/GRCh38' }),
  release: value.optional(),
  species: value.optional(),
  assembly: value.optional(),
  artifact: sha256
    .optional()
    .meta({ description: 'Wants exactly this artifact: its rows may be kept for ever.' }),
};

/** The parameters that name genes. */
export const filterParams = {
  gene_id: value.optional(),
  name: value.optional(),
  name_like: z
    .string()
    .max(257)
    .regex(/^[^*]+\*?$/s, 'want the beginning of a name, with "*" at its end at most')
    .optional()
    .meta({ description: 'The beginning of a name', example: 'BRC*' }),
  biotype: value.optional(),
  region: value.optional().meta({
    description: 'seqid:start-end, 1-based, both ends included',
    example: 'chr17:1-500000',
  }),
  interval_mode: z
    .enum(['overlap', 'containment', 'boundary_touch'])
    .optional()
    .meta({ description: 'How a gene lies in the region', default: 'overlap' }),
};

/** The parameters of a list of genes. */
export const genesQuery = z.strictObject({
  ...datasetParams,
  ...filterParams,
  include: z.string().max(100).optional().meta({
    description: 'What to show beside id and name: of coords, biotype, counts, length, with commas',
  }),
  sort: z.enum(['gene_id:asc', 'region:asc']).default('gene_id:asc'),
  limit: integerQuery(LIMIT),
  cursor: z.string().max(4_096).optional(),
});

/** The parameters of a count. */
export const countQuery = z.strictObject({ ...datasetParams, ...filterParams });

type FilterParams = Partial<Omit<z.output<typeof countQuery>, keyof typeof datasetParams>>;
type GenesParams = FilterParams & {
  readonly include?: string | undefined;
  readonly sort?: string;
  readonly limit: number;
};

type DatasetParams = {
  readonly [K in keyof typeof datasetParams]?: string | undefined;
};

/** Reads which dataset is meant: by its name, or by release, species and assembly. @throws INVALID_REQUEST, INVALID_NAME */
export function datasetOf({ dataset, release, species, assembly }: DatasetParams): DatasetName {
  const parts = [release, species, assembly];
  const given = parts.filter((part) => part !== undefined);
  const joined = parts.join('/');
  if (given.length === 0 && dataset !== undefined) return parseDatasetName(dataset);
  if (given.length < 3)
    throw invalid('the dataset is not named (want dataset, or release, species and assembly)');
  if (dataset !== undefined && dataset !== joined)
    throw invalid(`dataset ${quote(dataset)} is not ${quote(joined)} (want one of them)`);
  return parseDatasetName(joined);
}

/** Reads which genes are meant. @throws INVALID_REQUEST */
export function filterOf(query: FilterParams): GeneFilter {
  const { gene_id: geneId, name, name_like: like, biotype, region, interval_mode: mode } = query;
  if (mode !== undefined && region === undefined)
    throw invalid(`interval_mode ${quote(mode)} is given without a region (want both)`);
  return {
    ...(geneId === undefined ? {} : { geneId }),
    ...(name === undefined ? {} : { name }),
    ...(like === undefined ? {} : { namePrefix: like.replace(/\*$/, '') }),
    ...(biotype === undefined ? {} : { biotype }),
    ...(region === undefined ? {} : { region: regionOf(region, mode ?? 'overlap') }),
  };
}

/** Reads a region, `seqid:start-end`. @throws INVALID_REQUEST */
export function regionOf(text: string, mode: GeneRegion['mode']): GeneRegion {
  const [, seqid, start, end] = REGION.exec(text) ?? [];
  if (seqid === undefined)
    throw invalid(
      `region ${quote(text)} is malformed (want seqid:start-end, for example X:1-1000)`,
    );
  return { seqid, start: Number(start), end: Number(end), mode };
}

/** Reads a whole request for genes, without its cursor. @throws INVALID_REQUEST */
export function geneRequestOf(query: GenesParams): GeneRequest {
  return {
    filter: filterOf(query),
    include: includeOf(query.include),
    sort: query.sort === 'region:asc' ? 'region' : 'gene_id',
    limit: query.limit,
  };
}

/** Everything that the rows depend on, but for the page, in one text. */
export function canonicalGenes({ filter, include, sort }: GeneRequest): string {
  const { geneId, name, namePrefix, biotype, region } = filter;
  const shown = [...include].toSorted();
  return JSON.stringify([geneId, name, namePrefix, biotype, region, shown, sort]);
}

/** Reads what is to be shown. @throws INVALID_REQUEST */
export function includeOf(text: string | undefined): ReadonlySet<GeneInclude> {
  const asked = (text ?? '').split(',').filter((part) => part !== '');
  const wrong = asked.find((part) => !INCLUDES.includes(part as GeneInclude));
  if (wrong !== undefined)
    throw invalid(`include ${quote(wrong)} is unknown (want ${INCLUDES.join(', ')})`);
  return new Set(asked as GeneInclude[]);
}

function invalid(is: string): RegistryError {
  return new RegistryError('INVALID_REQUEST', `Cannot use the request: ${is}`);
}
