import { z } from 'zod';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

/** The route that describes the events in the log. */
export function eventDocumentRoute({ describeEvents }: HttpDependencies): Route {
  let document: string | undefined;
  return route({
    method: 'get',
    path: '/asyncapi.json',
    operationId: 'asyncapi',
    summary: 'Describe the events in the log as AsyncAPI 3.0',
    tag: 'events',
    responses: { 200: { description: 'The document', schema: z.looseObject({}) } },
    handle: async () => {
      document ??= JSON.stringify(describeEvents());
      return { status: 200, body: document };
    },
  });
}
