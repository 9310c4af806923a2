import { z } from 'zod';
import { quote, RegistryError } from '#domain/errors';
import { integerQuery } from '#http/api-schemas';
import { compressed } from '#http/dataset-answer';
import type { HttpDependencies } from '#http/dependencies';
import { EnsemblGenes, featureSchema, geneSchema } from '#http/ensembl-genes';
import { type Route, route } from '#http/route';
import { SpeciesIndex } from '#http/species';

const IDS_MAX = 1_000;
const LIMIT = { min: 1, max: 500, default: 500 };

const species = z.string().min(1).max(64).optional();

/** Routes in the form of the Ensembl REST service, over the newest release of each species. */
export function ensemblRoutes(dependencies: HttpDependencies): readonly Route[] {
  const index = new SpeciesIndex(dependencies.serving.directory);
  const genes = new EnsemblGenes(dependencies, index);
  return [lookup(genes), lookups(genes), overlap(genes)];
}

function lookup(genes: EnsemblGenes): Route {
  return route({
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
  });
}

function lookups(genes: EnsemblGenes): Route {
  return route({
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
      200: {
        description: 'The genes',
        schema: z.record(z.string(), z.union([geneSchema, z.null()])),
      },
    },
    handle: async ({ body, query, header, ...asker }) => {
      const found = await genes.find(body.ids, query.species, { ...asker, header });
      const all = Object.fromEntries(body.ids.map((id) => [id, found.get(id) ?? null]));
      return await compressed({ status: 200, body: JSON.stringify(all) }, header);
    },
  });
}

function overlap(genes: EnsemblGenes): Route {
  return route({
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
      const rows = await genes.overlapping({ ...params, limit: query.limit }, { ...asker, header });
      return await compressed({ status: 200, body: JSON.stringify(rows) }, header);
    },
  });
}
