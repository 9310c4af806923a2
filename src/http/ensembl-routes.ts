import { z } from 'zod';
import { type GeneRequest, planGeneLookup, planGenes } from '#cache/query/genes';
import type { Query } from '#cache/query/query';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import { integerQuery } from '#http/api-schemas';
import { compressed } from '#http/dataset-answer';
import type { HttpDependencies } from '#http/dependencies';
import { regionOf } from '#http/gene-params';
import { type ParsedRequest, type Route, route } from '#http/route';
import { servedDataset } from '#http/served-dataset';
import { type SpeciesDataset, SpeciesIndex } from '#http/species';

const IDS_MAX = 1_000;
// Each may mean a download: more species than this are searched only when one is named.
const SPECIES_MAX = 32;
const ALL = new Set(['coords', 'biotype'] as const);
const LIMIT = { min: 1, max: 500, default: 500 };

interface Row {
  readonly gene_id: string;
  readonly name: string | null;
  readonly seqid: string;
  readonly start: number;
  readonly end: number;
  readonly biotype: string | null;
}

const geneSchema = z
  .strictObject({
    id: z.string(),
    display_name: z.string().nullable(),
    species: z.string(),
    assembly_name: z.string(),
    seq_region_name: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    biotype: z.string().nullable(),
    object_type: z.literal('Gene'),
  })
  .meta({ id: 'EnsemblGene', description: 'A gene in the form of the Ensembl REST service.' });

const featureSchema = z
  .strictObject({
    id: z.string(),
    gene_id: z.string(),
    external_name: z.string().nullable(),
    assembly_name: z.string(),
    seq_region_name: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    biotype: z.string().nullable(),
    feature_type: z.literal('gene'),
  })
  .meta({ id: 'EnsemblFeature' });

type Asker = Pick<ParsedRequest<never, never, never>, 'scope' | 'header' | 'signal'>;

/** Routes in the form of the Ensembl REST service, over the newest release of each species. */
export function ensemblRoutes(dependencies: HttpDependencies): readonly Route[] {
  const index = new SpeciesIndex(dependencies.serving.directory);
  const genes = new EnsemblGenes(dependencies, index);
  const species = z.string().min(1).max(64).optional();
  return [
    route({
      method: 'get',
      path: '/lookup/id/{id}',
      operationId: 'ensemblLookup',
      summary: 'Find a gene by its id in the newest release of each species',
      tag: 'ensembl',
      isLimited: true,
      params: z.strictObject({ id: z.string().min(1).max(256) }),
      query: z.strictObject({ species }),
      errors: [404, 422],
      responses: { 200: { description: 'The gene', schema: geneSchema } },
      handle: async ({ params, query, ...asker }) => {
        const found = await genes.find([params.id], query.species, asker);
        const gene = found.get(params.id);
        if (gene === undefined)
          throw new RegistryError(
            'NOT_FOUND',
            `Cannot find gene ${quote(params.id)}: no published gene dataset has it (want an id of the newest release)`,
          );
        return { status: 200, body: gene };
      },
    }),
    route({
      method: 'post',
      path: '/lookup/id',
      operationId: 'ensemblLookups',
      summary: `Find up to ${IDS_MAX} genes by their ids; unknown ones are null`,
      tag: 'ensembl',
      isLimited: true,
      query: z.strictObject({ species }),
      body: z
        .strictObject({ ids: z.array(z.string().min(1).max(256)).min(1).max(IDS_MAX) })
        .meta({ id: 'EnsemblIds' }),
      errors: [404, 413, 415, 422],
      responses: {
        200: { description: 'The genes', schema: z.record(z.string(), geneSchema.nullable()) },
      },
      handle: async ({ body, query, header, ...asker }) => {
        const found = await genes.find(body.ids, query.species, { ...asker, header });
        const all = Object.fromEntries(body.ids.map((id) => [id, found.get(id) ?? null]));
        return await compressed({ status: 200, body: JSON.stringify(all) }, header);
      },
    }),
    route({
      method: 'get',
      path: '/overlap/region/{species}/{region}',
      operationId: 'ensemblOverlap',
      summary: 'Find the genes that overlap a region of the newest release of a species',
      tag: 'ensembl',
      isLimited: true,
      params: z.strictObject({
        species: z.string().min(1).max(64).meta({ example: 'homo_sapiens' }),
        region: z.string().max(256).meta({ example: '17:43000000-43200000' }),
      }),
      query: z.strictObject({ feature: z.literal('gene'), limit: integerQuery(LIMIT) }),
      errors: [404, 422],
      responses: {
        200: { description: 'The genes, by their start', schema: z.array(featureSchema) },
      },
      handle: async ({ params, query, header, ...asker }) => {
        const rows = await genes.overlapping(
          { ...params, limit: query.limit },
          { ...asker, header },
        );
        return await compressed({ status: 200, body: JSON.stringify(rows) }, header);
      },
    }),
  ];
}

/** Finds genes in the newest release of each species. */
class EnsemblGenes {
  readonly #dependencies: HttpDependencies;
  readonly #index: SpeciesIndex;

  constructor(dependencies: HttpDependencies, index: SpeciesIndex) {
    this.#dependencies = dependencies;
    this.#index = index;
  }

  async find(
    ids: readonly string[],
    species: string | undefined,
    asker: Asker,
  ): Promise<ReadonlyMap<string, z.output<typeof geneSchema>>> {
    const found = new Map<string, z.output<typeof geneSchema>>();
    let missing = ids;
    let trouble: RegistryError | undefined;
    for (const dataset of this.#datasets(species, asker)) {
      if (missing.length === 0) break;
      try {
        const rows = await this.#rows(dataset, planGeneLookup(missing, ALL), asker);
        for (const row of rows) if (row !== null) found.set(row.gene_id, geneOf(row, dataset));
      } catch (error) {
        // Another species may have them all. Only when it has not is this one's trouble the answer.
        if (!isRegistryError(error)) throw error;
        trouble ??= error;
      }
      missing = ids.filter((id) => !found.has(id));
    }
    if (missing.length > 0 && trouble !== undefined) throw trouble;
    const { size } = this.#index.newest(asker.scope);
    if (missing.length === 0 || species !== undefined || size <= SPECIES_MAX) return found;
    throw new RegistryError(
      'QUERY_TOO_BROAD',
      `Cannot find gene ${quote(missing[0] ?? '')}: ${SPECIES_MAX} of ${size} species were searched (want a species)`,
    );
  }

  async overlapping(
    asked: { readonly species: string; readonly region: string; readonly limit: number },
    asker: Asker,
  ): Promise<z.output<typeof featureSchema>[]> {
    const region = regionOf(asked.region, 'overlap');
    const [dataset] = this.#datasets(asked.species, asker);
    if (dataset === undefined) return [];
    const request: GeneRequest = {
      filter: { region },
      include: ALL,
      sort: 'region',
      limit: asked.limit,
    };
    const rows = await this.#rows(dataset, planGenes(request), asker);
    return rows.flatMap((row) => (row === null ? [] : [featureOf(row, dataset)]));
  }

  #datasets(species: string | undefined, { scope }: Asker): readonly SpeciesDataset[] {
    const newest = this.#index.newest(scope);
    if (species === undefined) return [...newest.values()].slice(0, SPECIES_MAX);
    const dataset = newest.get(species);
    if (dataset !== undefined) return [dataset];
    throw new RegistryError(
      'NOT_FOUND',
      `Cannot find species ${quote(species)}: no published dataset is named "<release>/${species}/<assembly>" (want one of ${[...newest.keys()].slice(0, 10).join(', ')})`,
    );
  }

  async #rows(dataset: SpeciesDataset, query: Query, asker: Asker): Promise<(Row | null)[]> {
    const served = await servedDataset(this.#dependencies, { ...asker, name: dataset.name });
    const { page } = await this.#dependencies.serving.reader.read({
      dataset: served,
      // A dataset of another kind that is named like one has none.
      plan: ({ geneFault }) =>
        geneFault === undefined
          ? query
          : { sql: 'SELECT NULL WHERE 0', values: [], class: 'cheap' },
      key: JSON.stringify([query.sql, query.values]),
      signal: asker.signal,
    });
    return JSON.parse(page.rows) as (Row | null)[];
  }
}

function geneOf(row: Row, { species, assembly }: SpeciesDataset): z.output<typeof geneSchema> {
  return {
    id: row.gene_id,
    display_name: row.name,
    species,
    assembly_name: assembly,
    seq_region_name: row.seqid,
    start: row.start,
    end: row.end,
    biotype: row.biotype,
    object_type: 'Gene',
  };
}

function featureOf(row: Row, { assembly }: SpeciesDataset): z.output<typeof featureSchema> {
  return {
    id: row.gene_id,
    gene_id: row.gene_id,
    external_name: row.name,
    assembly_name: assembly,
    seq_region_name: row.seqid,
    start: row.start,
    end: row.end,
    biotype: row.biotype,
    feature_type: 'gene',
  };
}
