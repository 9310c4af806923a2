import { z } from 'zod';
import { parseSha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { cursorQuery, integerQuery, queryText } from '#http/api-schemas';
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
        name: z
          .string()
          .meta({ description: 'Whom it is about; cut, with a hash, when it is long' }),
        bytes: z.number().int(),
      }),
    ),
    next_cursor: z.string().optional().meta({ description: 'Absent on the last page' }),
  })
  .meta({ id: 'LineageDocuments' });

/** The route that shows what was reported apart from runs. */
export function lineageDocumentRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [documents(dependencies), one(dependencies)];
}

function documents(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/lineage/documents',
    operationId: 'listLineageDocuments',
    summary: 'List what was reported of jobs and datasets apart from runs, the newest first',
    tag: 'lineage',
    query: z.strictObject({
      name: queryText(4_096)
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
          documents: shown.map(({ id, kind, job, submittedAt, bytes }) => ({
            id,
            kind,
            name: job,
            submitted_at: submittedAt,
            bytes,
          })),
          ...(last === undefined
            ? {}
            : { next_cursor: encodeCursor({ submittedAt: last.submittedAt, id: last.id }) }),
        },
      };
    },
  });
}

function one(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/lineage/documents/{id}',
    operationId: 'getLineageDocument',
    summary: 'Get one such event as it came',
    tag: 'lineage',
    params: z.strictObject({ id: z.string() }),
    errors: [404],
    responses: { 200: { description: 'The OpenLineage event', schema: z.looseObject({}) } },
    handle: async ({ params, scope, header }) => {
      const { jobRuns, jobRunsView, limits } = dependencies;
      await waitForMinimum(jobRunsView, header, { waitMs: limits.readWaitMs });
      const id = parseSha256(params.id);
      const { position, found } = await jobRuns.document(scope, id);
      if (found === undefined) throw unknownDocument(id);
      return { status: 200, headers: { [POSITION_HEADER]: String(position) }, body: found };
    },
  });
}

function unknownDocument(id: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find lineage document ${quote(id)}: nobody has sent it in this tenant and environment (want the id of one: GET /registry/lineage/documents)`,
    { details: { id } },
  );
}
