import type { HttpDependencies } from '#http/dependencies';
import { registryHealthSchema } from '#http/registry-health';
import { type Route, route } from '#http/route';

/** The routes that show how a node stands inside. A node that does not enable them has none. */
export function debugRoutes({ debug }: HttpDependencies): readonly Route[] {
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
  ];
}
