import { z } from 'zod';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { type JobRunId, parseJobRunId } from '#domain/job-run';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { withoutUndefined } from '#domain/without-undefined';
import { atQuery, cursorQuery, integerQuery, queryText } from '#http/api-schemas';
import { matchesEtag, strongEtag } from '#http/conditional';
import { instantOf, POSITION_HEADER, waitForMinimum } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { runJson, runListSchema, runSchema, runStatus } from '#http/job-run-schemas';
import { linkedDatasets } from '#http/linked-datasets';
import { type Route, route } from '#http/route';
import type { FoundRun } from '#projections/job-runs/job-run-view';

const PAGE = { min: 1, max: 1_000, default: 100 };
const FILTER_MAX = 200;
const LINK_DIGITS = 12;
const CURSOR_ID_MAX = 1_024;

/** Where a page of runs ended. */
export const runCursor = z.strictObject({
  submittedAt: z.iso.datetime().refine(hasPlainYear),
  id: queryText(CURSOR_ID_MAX),
});

// What backends can hold as a time: `Date` also writes years before 1 and of six digits.
function hasPlainYear(time: string): boolean {
  return /^(?!0000)\d{4}-/.test(time);
}

const idParams = z.strictObject({ id: z.string() });
const timeQuery = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .refine(hasPlainYear, 'want a year from 0001 to 9999')
  .optional()
  .meta({ type: 'string', format: 'date-time' });
const filter = queryText(FILTER_MAX).optional();

const foundSchema = runSchema
  .extend({
    datasets: z
      .array(
        z.strictObject({ as: z.enum(['input', 'output']), name: z.string(), href: z.string() }),
      )
      .meta({ description: 'Inputs and outputs that are datasets of this registry' }),
    lineage: z
      .looseObject({})
      .optional()
      .meta({ description: 'What OpenLineage events said, with every facet; on reported runs' }),
  })
  .meta({ id: 'JobRunDetail' });

/** The routes that show job runs. Their positions count in the stream JOBS. */
export function jobRunRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [list(dependencies), get(dependencies), results(dependencies)];
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/job-runs',
    operationId: 'listJobRuns',
    summary: 'List job runs, the newest first',
    tag: 'job-runs',
    query: z.strictObject({
      status: runStatus.optional(),
      job: filter,
      definition: filter.meta({ description: 'The id of a job definition' }),
      parent: filter.meta({ description: 'The id of the run that started them' }),
      correlation: filter,
      submitted_from: timeQuery,
      submitted_before: timeQuery,
      limit: integerQuery(PAGE),
      cursor: cursorQuery,
    }),
    responses: { 200: { description: 'A page of runs', schema: runListSchema } },
    handle: async ({ query, scope, prefix, header }) => {
      const { jobRuns, jobRunsView, limits } = dependencies;
      await waitForMinimum(jobRunsView, header, { waitMs: limits.readWaitMs });
      const { limit, cursor, submitted_from: from, submitted_before: before, ...equal } = query;
      const after = decodeCursor(cursor, runCursor);
      const { position, found } = await jobRuns.list(scope, {
        limit: limit + 1,
        ...withoutUndefined(equal),
        ...(from === undefined ? {} : { submittedFrom: from }),
        ...(before === undefined ? {} : { submittedBefore: before }),
        ...(after === undefined ? {} : { after }),
      });
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1)?.run : undefined;
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(position) },
        body: {
          job_runs: shown.map((row) => runJson(row, prefix)),
          ...(last === undefined
            ? {}
            : { next_cursor: encodeCursor({ submittedAt: last.submittedAt, id: last.id }) }),
        },
      };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/job-runs/{id}',
    operationId: 'getJobRun',
    summary: 'Get one job run',
    tag: 'job-runs',
    params: idParams,
    query: z.strictObject({ at: atQuery }),
    errors: [404],
    responses: {
      200: {
        description: 'The run',
        schema: foundSchema,
        headers: { ETag: 'Names the run as it is' },
      },
      304: { description: 'It is as If-None-Match says' },
    },
    handle: async ({ params, query, scope, prefix, header }) => {
      const id = parseJobRunId(params.id);
      const { position, found } = await findRun(dependencies, scope, { id, at: query.at, header });
      if (found === undefined) throw await notFound(dependencies, scope, { id, at: query.at });
      const datasets = linkedDatasets(dependencies, { scope, prefix, run: found });
      const links = sha256Of(canonicalJson(datasets)).slice(0, LINK_DIGITS);
      const etag = strongEtag(`${found.origin}.${found.revision}.${links}`);
      const headers = { [POSITION_HEADER]: String(position), ETag: etag };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      const { lineage } = found;
      const body = {
        ...runJson(found, prefix),
        datasets,
        ...(lineage === undefined ? {} : { lineage }),
      };
      return { status: 200, headers, body };
    },
  });
}

function results(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/job-runs/{id}/results',
    operationId: 'getJobRunResults',
    summary: 'Get the results that a job run ended with',
    tag: 'job-runs',
    params: idParams,
    errors: [404],
    responses: {
      200: {
        description: 'The results, canonical JSON; the entity tag is their SHA-256',
        schema: z.unknown(),
        headers: { ETag: 'SHA-256 of the bytes' },
      },
      304: { description: 'They are what If-None-Match says' },
    },
    handle: async ({ params, scope, header }) => {
      const id = parseJobRunId(params.id);
      const { found } = await findRun(dependencies, scope, { id, at: undefined, header });
      if (found === undefined) throw unknownRun(id);
      const kept = found.run.end?.results;
      if (kept === undefined) throw withoutResults(id);
      const etag = strongEtag(kept.sha256);
      const headers = { ETag: etag };
      if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
      const chunks: Uint8Array[] = [];
      const range = { offset: 0, length: kept.bytes };
      for await (const chunk of dependencies.artifacts.read(kept.sha256, range)) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (sha256Of(bytes) !== kept.sha256) throw damaged(id);
      return { status: 200, headers, body: bytes };
    },
  });
}

function withoutResults(id: JobRunId): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find the results of job run ${quote(id)}: it has not ended with any (want a run that sent "results")`,
    { details: { id } },
  );
}

function damaged(id: JobRunId): RegistryError {
  return new RegistryError(
    'STORE_UNAVAILABLE',
    `Cannot give the results of job run ${quote(id)}: the store holds other bytes under their digest (want the artifact repaired)`,
    { details: { id } },
  );
}

/** Finds a run as it is, or as it was at a position or time. */
async function findRun(
  { jobRuns, jobRunsView, jobRunAsOf, limits }: HttpDependencies,
  scope: Scope,
  {
    id,
    at,
    header,
  }: {
    readonly id: JobRunId;
    readonly at: string | undefined;
    readonly header: (name: string) => string | undefined;
  },
): Promise<{ readonly position: Position; readonly found: FoundRun | undefined }> {
  const waitMs = limits.readWaitMs;
  await waitForMinimum(jobRunsView, header, { waitMs });
  if (at === undefined) return await jobRuns.find(scope, id);
  const instant = await instantOf(jobRunsView, at, { waitMs });
  const position = 'position' in instant ? instant.position : jobRunsView.position;
  return { position, found: await jobRunAsOf(scope, id, instant) };
}

/** Says of a run that was not found in the past whether it has been submitted since. */
async function notFound(
  { jobRuns }: HttpDependencies,
  scope: Scope,
  { id, at }: { readonly id: JobRunId; readonly at: string | undefined },
): Promise<RegistryError> {
  const { found } = at === undefined ? { found: undefined } : await jobRuns.find(scope, id);
  if (at === undefined || found === undefined) return unknownRun(id);
  const { submittedAt } = found.run;
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find job run ${quote(id)} at ${quote(at)}: it was not known then (want a time or position from its first event on; it was submitted at ${submittedAt})`,
    { details: { id, at, submittedAt } },
  );
}

function unknownRun(id: JobRunId): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find job run ${quote(id)}: it is not known in this tenant and environment (want the id of a run: GET /registry/job-runs)`,
    { details: { id } },
  );
}
