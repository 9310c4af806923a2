import { z } from 'zod';
import type { HttpDependencies, PartHealth } from '#http/dependencies';
import { type Route, route } from '#http/route';

const readinessSchema = z
  .strictObject({
    status: z.enum(['ready', 'degraded', 'not-ready']),
    version: z.string(),
    parts: z.array(
      z.strictObject({
        name: z.string(),
        ready: z.boolean(),
        detail: z.string(),
        position: z.number().int().optional(),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

// Probes add parameters of their own.
const ANYTHING = z.looseObject({});

/** Liveness and readiness. */
export function healthRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      operationId: 'health',
      summary: 'Say that the process lives',
      tag: 'health',
      query: ANYTHING,
      responses: { 200: { description: 'It lives', contentType: 'text/plain' } },
      handle: async () => ({ status: 200, body: 'OK', contentType: 'text/plain; charset=utf-8' }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      operationId: 'readiness',
      summary: 'Say whether this node can serve, and which part cannot',
      tag: 'health',
      query: ANYTHING,
      responses: {
        200: { description: 'It can serve', schema: readinessSchema },
        503: { description: 'It cannot; the parts say why', schema: readinessSchema },
      },
      handle: async () => {
        const parts = dependencies.health();
        const status = overall(parts);
        return {
          status: status === 'not-ready' ? 503 : 200,
          headers: {
            'Cache-Control': 'no-store',
            ...(status === 'not-ready' ? { 'Retry-After': '1' } : {}),
          },
          body: {
            status,
            version: dependencies.version,
            parts: parts.map(shown),
          },
        };
      },
    }),
  ];
}

function shown({ name, ready, detail, position }: PartHealth): Record<string, unknown> {
  return { name, ready, detail, ...(position === undefined ? {} : { position }) };
}

function overall(parts: readonly PartHealth[]): 'ready' | 'degraded' | 'not-ready' {
  if (parts.some((part) => !part.ready && !part.optional)) return 'not-ready';
  return parts.every((part) => part.ready) ? 'ready' : 'degraded';
}
