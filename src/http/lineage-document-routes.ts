import { z } from 'zod';
import { cursorQuery, integerQuery } from '#http/api-schemas';
import { POSITION_HEADER, waitForMinimum } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { runCursor } from '#http/job-run-routes';
import { type Route, route } from '#http/route';

const PAGE = { min: 1, max: 1_000, default: 100 };

const documentsSchema = z
  .strictObject({
    documents: z.array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(['job', 'dataset']),
        submitted_at: z.string(),
        event: z.unknown(),
      }),
    ),
    next_cursor: z.string().optional().meta({ description: 'Absent on the last page' }),
  })
  .meta({ id: 'LineageDocuments' });

/** The route that shows what was reported apart from runs. */
export function lineageDocumentRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [documents(dependencies)];
}

function documents(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/lineage/documents',
    operationId: 'listLineageDocuments',
    summary: 'List what was reported of jobs and datasets apart from runs, the newest first',
    tag: 'lineage',
    query: z.strictObject({
      name: z
        .string()
        .min(1)
        .max(4_096)
        .optional()
        .meta({ description: '<namespace>/<name> of the job or dataset' }),
      limit: integerQuery(PAGE),
      cursor: cursorQuery,
    }),
    responses: { 200: { description: 'A page of documents', schema: documentsSchema } },
    handle: async ({ query, scope, header }) => {
      const { jobRuns, jobRunsView, limits } = dependencies;
      await waitForMinimum(jobRunsView, header, { waitMs: limits.readWaitMs });
      const after = decodeCursor(query.cursor, runCursor);
      const { position, found } = await jobRuns.documents(scope, {
        limit: query.limit + 1,
        ...(query.name === undefined ? {} : { job: query.name }),
        ...(after === undefined ? {} : { after }),
      });
      const shown = found.slice(0, query.limit);
      const last = found.length > query.limit ? shown.at(-1) : undefined;
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(position) },
        body: {
          documents: shown.map(({ id, kind, submittedAt, document }) => ({
            id,
            kind,
            submitted_at: submittedAt,
            event: document,
          })),
          ...(last === undefined
            ? {}
            : { next_cursor: encodeCursor({ submittedAt: last.submittedAt, id: last.id }) }),
        },
      };
    },
  });
}
