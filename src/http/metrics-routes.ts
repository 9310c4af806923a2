import { z } from 'zod';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

/** The route of metrics, on nodes that show them beside everything else. */
export function metricsRoutes({ metrics }: Pick<HttpDependencies, 'metrics'>): readonly Route[] {
  if (metrics === undefined) return [];
  return [
    route({
      method: 'get',
      path: '/metrics',
      operationId: 'metrics',
      summary: 'Show the metrics of this node in the text format of Prometheus',
      tag: 'health',
      // Scrapers may be told to add parameters.
      query: z.looseObject({}),
      responses: { 200: { description: 'The metrics', contentType: 'text/plain' } },
      handle: async () => ({
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: await metrics.text(),
        contentType: metrics.type,
      }),
    }),
  ];
}
