import { z } from 'zod';
import type { ServedDataset } from '#cache/served-dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { cursorQuery, integerQuery, timestamp } from '#http/api-schemas';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import { tableSchema } from '#http/dataset-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import { servedDataset } from '#http/served-dataset';

const LIMIT = { min: 1, max: 500, default: 100 };
const cursorSchema = z.strictObject({ after: z.string() });

const artifactSchema = z.strictObject({
  key: z.string(),
  sha256: z.string(),
  bytes: z.number().int(),
});

const shared = {
  name: z.string(),
  dataset_id: z.string(),
  schema_fingerprint: z.string(),
  row_count: z.number().int().nullable(),
  published_at: timestamp,
  artifact: artifactSchema,
};

const listedSchema = z
  .strictObject({
    ...shared,
    is_own: z.boolean().meta({ description: 'Whether it is of this registry, not of a source' }),
  })
  .meta({ id: 'ListedDataset' });

const listSchema = z
  .strictObject({ datasets: z.array(listedSchema), next_cursor: z.string().optional() })
  .meta({ id: 'ListedDatasets' });

const servedSchema = z
  .strictObject({
    ...shared,
    tables: z.array(tableSchema),
    is_cached: z.boolean().meta({ description: 'Whether this node can answer without a download' }),
  })
  .meta({ id: 'ServedDataset' });

/** The routes that say which datasets this node serves: its own, and those of its sources. */
export function servedDatasetRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [list(dependencies), get(dependencies)];
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/v1/datasets',
    operationId: 'listServedDatasets',
    summary: 'List the published datasets of this registry and of its sources, by name',
    tag: 'rows',
    query: z.strictObject({ limit: integerQuery(LIMIT), cursor: cursorQuery }),
    responses: { 200: { description: 'A page of datasets', schema: listSchema } },
    handle: async ({ query, scope, header }) => {
      const position = await asOfCatalog(dependencies, { header, at: undefined });
      const after = decodeCursor(query.cursor, cursorSchema)?.after ?? '';
      const { limit } = query;
      const found = dependencies.serving.directory.list(scope, { after, limit: limit + 1 });
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      const more = found.length > limit && last !== undefined;
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(position) },
        body: {
          datasets: shown.map(({ entry, isOwn }) =>
            Object.assign(shownEntry(entry), { is_own: isOwn }),
          ),
          ...(more ? { next_cursor: encodeCursor({ after: last.entry.name }) } : {}),
        },
      };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/v1/datasets/{name}',
    operationId: 'getServedDataset',
    summary: 'Say which artifact of a dataset is served, and which of its tables',
    tag: 'rows',
    params: z.strictObject({ name: z.string() }),
    errors: [404],
    responses: { 200: { description: 'The dataset', schema: servedSchema } },
    handle: async ({ params, scope, header, signal }) => {
      const name = parseDatasetName(params.name);
      const dataset = await servedDataset(dependencies, { scope, name, header, signal });
      const isCached = dependencies.serving.cache.has(dataset);
      return {
        status: 200,
        body: { ...shownEntry(dataset.entry), tables: dataset.tables, is_cached: isCached },
      };
    },
  });
}

/** An entry without what only stores need. */
function shownEntry(entry: ServedDataset['entry']): Omit<ServedDataset['entry'], 'manifest'> {
  const { name, dataset_id, schema_fingerprint, row_count, published_at, artifact } = entry;
  return { name, dataset_id, schema_fingerprint, row_count, published_at, artifact };
}
