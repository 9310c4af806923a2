import { z } from 'zod';
import { parseDatasetName } from '#domain/dataset-name';
import { scopeKey } from '#domain/scope';
import { cacheStateJson, cacheStateSchema } from '#http/cache-state-json';
import type { HttpDependencies } from '#http/dependencies';
import { registryHealthSchema } from '#http/registry-health';
import { type Route, route } from '#http/route';

const datasetHealthSchema = z
  .strictObject({
    dataset: z.string(),
    cached: z.boolean(),
    files: cacheStateSchema.shape.files,
  })
  .meta({ id: 'DatasetHealth' });

/** The routes that show how a node stands inside. A node that does not enable them has none. */
export function debugRoutes({ debug, serving }: HttpDependencies): readonly Route[] {
  if (debug === undefined) return [];
  return [
    route({
      method: 'get',
      path: '/debug/registry-health',
      operationId: 'registryHealth',
      summary: 'Show how each source of datasets stands',
      tag: 'debug',
      responses: { 200: { description: 'The sources', schema: registryHealthSchema } },
      handle: async () => ({
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: debug.registryHealth(),
      }),
    }),
    route({
      method: 'get',
      path: '/debug/cache-stats',
      operationId: 'cacheStats',
      summary: 'Show how the dataset cache stands',
      tag: 'debug',
      responses: { 200: { description: 'The cache', schema: cacheStateSchema } },
      handle: async () => ({
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: cacheStateJson(serving.cache.state()),
      }),
    }),
    route({
      method: 'get',
      path: '/debug/dataset-health',
      operationId: 'datasetHealth',
      summary: 'Show how the cached file of one dataset stands',
      tag: 'debug',
      query: z.strictObject({ dataset: z.string().min(1).max(600) }),
      responses: { 200: { description: 'The file', schema: datasetHealthSchema } },
      handle: async ({ query, scope }) => {
        const key = `${scopeKey(scope)} ${parseDatasetName(query.dataset)}`;
        const { files } = cacheStateJson(serving.cache.state());
        const own = files.filter(({ datasets }) => datasets.includes(key));
        return {
          status: 200,
          headers: { 'Cache-Control': 'no-store' },
          body: { dataset: query.dataset, cached: own.length > 0, files: own },
        };
      },
    }),
  ];
}
