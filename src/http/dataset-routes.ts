import { z } from 'zod';
import { parseDatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import { manifestDocument } from '#domain/manifest-document';
import { atQuery, cursorQuery, integerQuery, queryText } from '#http/api-schemas';
import { matchesEtag } from '#http/conditional';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import { datasetEtag } from '#http/dataset-precondition';
import { datasetListSchema, manifestSchema, statusSchema } from '#http/dataset-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import { searchDatasets } from '#projections/catalog/search-datasets';

const PAGE = { min: 1, max: 1_000, default: 100 };
// The longest name there can be has 519 characters.
const TEXT_MAX = 600;
const SCANNED_PER_COST = 5_000;
const cursorSchema = z.strictObject({ after: z.string(), at: z.number().int().min(0) });

/** The routes that read datasets. */
export function datasetRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [list(dependencies), get(dependencies)];
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/datasets',
    operationId: 'listDatasets',
    summary: 'List datasets by name',
    tag: 'datasets',
    query: z.strictObject({
      status: statusSchema.optional(),
      text: queryText(TEXT_MAX)
        .optional()
        .meta({ description: 'The name holds this, in any case', example: 'homo_sapiens' }),
      limit: integerQuery(PAGE),
      cursor: cursorQuery,
      at: atQuery,
    }),
    responses: { 200: { description: 'A page of datasets', schema: datasetListSchema } },
    handle: async ({ query, scope, header, signal, settle }) => {
      const cursor = decodeCursor(query.cursor, cursorSchema);
      // All pages show the moment of the first one, so that no dataset is missed or seen twice.
      const at = cursor === undefined ? query.at : String(cursor.at);
      const position = await asOfCatalog(dependencies, { header, at });
      const { limit, status, text } = query;
      const { rows, total, matching, scanned } = await searchDatasets(
        () => dependencies.catalog().datasets,
        scope,
        {
          after: cursor?.after ?? '',
          limit: limit + 1,
          asOf: position,
          ...(status === undefined ? {} : { status }),
          ...(text === undefined ? {} : { text }),
          counts: cursor === undefined,
          signal,
        },
      );
      // A search that goes through many names counts as so many reads.
      await settle(Math.floor(scanned / SCANNED_PER_COST));
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      const more = rows.length > limit && last !== undefined;
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(position) },
        body: {
          datasets: shown.map((row) => manifestDocument(row.manifest)),
          ...(more
            ? { next_cursor: encodeCursor({ after: last.manifest.name, at: position }) }
            : {}),
          ...(total === undefined ? {} : { total_count: total }),
          ...(matching === undefined ? {} : { matching_count: matching }),
        },
      };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/datasets/{name}',
    operationId: 'getDataset',
    summary: 'Get the manifest of a dataset',
    tag: 'datasets',
    keep: 'catalog',
    params: z.strictObject({ name: z.string().meta({ example: '110/homo_sapiens/GRCh38' }) }),
    query: z.strictObject({ at: atQuery }),
    errors: [404],
    responses: {
      200: { description: 'The manifest', schema: manifestSchema },
      304: { description: 'It has not changed' },
    },
    handle: async ({ params, query, scope, header }) => {
      const name = parseDatasetName(params.name);
      const position = await asOfCatalog(dependencies, { header, at: query.at });
      const row = dependencies.catalog().datasets.find(scope, name, position);
      if (row === undefined) throw datasetNotFound(name);
      const etag = datasetEtag(row.revision);
      const headers = { [POSITION_HEADER]: String(position), ETag: etag };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      return { status: 200, headers, body: manifestDocument(row.manifest) };
    },
  });
}

/** Says that a dataset is not there. */
export function datasetNotFound(name: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find dataset ${quote(name)}: it is not registered in this tenant and environment (want a registered name, and a time after its registration)`,
    { details: { name } },
  );
}
