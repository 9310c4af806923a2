import { z } from 'zod';
import { finishJobRun } from '#commands/finish-job-run';
import type { CommandAnswer } from '#commands/run-command';
import { startJobRun } from '#commands/start-job-run';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import {
  type JobRun,
  type JobRunEvent,
  type JobRunState,
  jobRunEvolution,
  parseJobRunId,
} from '#domain/job-run';
import { cursorQuery, integerQuery } from '#http/api-schemas';
import {
  commandContext,
  commandHeaders,
  idempotencyKey,
  writableCommands,
} from '#http/command-request';
import { POSITION_HEADER, waitForMinimum } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import {
  finishBody,
  runJson,
  runListSchema,
  runSchema,
  runStatus,
  startBody,
} from '#http/job-run-schemas';
import { type Reply, type Route, route } from '#http/route';

const PAGE = { min: 1, max: 1_000, default: 100 };
const cursorSchema = z.strictObject({ startedAt: z.iso.datetime(), id: z.string() });
const idParams = z.strictObject({ id: z.string() });
const timeQuery = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .optional()
  .meta({ type: 'string', format: 'date-time' });

/** The routes of job runs. Their positions count in the stream JOBS. */
export function jobRunRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [start(dependencies), finish(dependencies), list(dependencies), get(dependencies)];
}

function start(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/job-runs',
    operationId: 'startJobRun',
    summary: 'Record that a job run has started',
    tag: 'job-runs',
    isCommand: true,
    body: startBody,
    errors: [409, 413, 415, 422, 507],
    responses: { 201: { description: 'The run has started', schema: runSchema } },
    handle: async (request) => {
      const { jobRuns } = writableCommands(dependencies);
      const { id, job, kind, inputs, submitted_by: submittedBy, metadata } = request.body;
      // With a key the id follows from it, so that a retry is a retry and not a second run.
      const key = idempotencyKey(request);
      const derived = key === undefined ? dependencies.newId() : sha256Of(key).slice(0, 32);
      const answer = await startJobRun(
        jobRuns,
        commandContext(dependencies, 'startJobRun', request),
        {
          id: parseJobRunId(id ?? derived),
          job,
          kind,
          inputs,
          metadata,
          ...(submittedBy === undefined ? {} : { submittedBy }),
        },
      );
      const reply = await runReply(dependencies, answer, 201);
      const { id: runId } = reply.body as { id: string };
      return {
        ...reply,
        headers: { ...reply.headers, Location: `${request.prefix}/registry/job-runs/${runId}` },
      };
    },
  });
}

function finish(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/job-runs/{id}/finish',
    operationId: 'finishJobRun',
    summary: 'Record how a job run ended, once',
    tag: 'job-runs',
    isCommand: true,
    params: idParams,
    body: finishBody,
    errors: [404, 409, 413, 415, 422, 507],
    responses: { 200: { description: 'The run has ended', schema: runSchema } },
    handle: async (request) => {
      const { jobRuns } = writableCommands(dependencies);
      const { status: outcome, counts, message, report_uri: reportUri } = request.body;
      const context = commandContext(dependencies, 'finishJobRun', request);
      const answer = await finishJobRun(jobRuns, context, {
        id: parseJobRunId(request.params.id),
        end: {
          outcome,
          counts,
          ...(message === undefined ? {} : { message }),
          ...(reportUri === undefined ? {} : { reportUri }),
        },
      });
      return await runReply(dependencies, answer, 200);
    },
  });
}

async function runReply(
  dependencies: HttpDependencies,
  answer: CommandAnswer<JobRunState, JobRunEvent>,
  status: number,
): Promise<Reply> {
  const headers = await commandHeaders(answer, dependencies.jobRunsView, dependencies);
  return { status, headers, body: runJson(runOf(answer)) };
}

/** The run right after the command: a start that is answered again shows the run as it started. */
function runOf({ recorded, state }: CommandAnswer<JobRunState, JobRunEvent>): JobRun {
  const started = recorded?.event.type === 'JobRunStarted' ? recorded : undefined;
  const run =
    started === undefined ? state : jobRunEvolution.evolve(undefined, started.event, started.time);
  if (run === undefined) throw new TypeError('A job run that was written has no state');
  return run;
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
      job: z.string().min(1).max(200).optional(),
      started_from: timeQuery,
      started_before: timeQuery,
      limit: integerQuery(PAGE),
      cursor: cursorQuery,
    }),
    responses: { 200: { description: 'A page of runs', schema: runListSchema } },
    handle: async ({ query, scope, header }) => {
      const { jobRuns, jobRunsView, limits } = dependencies;
      await waitForMinimum(jobRunsView, header, { waitMs: limits.readWaitMs });
      const {
        limit,
        status,
        job,
        started_from: startedFrom,
        started_before: startedBefore,
      } = query;
      const after = decodeCursor(query.cursor, cursorSchema);
      const { position, found } = await jobRuns.list(scope, {
        limit: limit + 1,
        ...(status === undefined ? {} : { status }),
        ...(job === undefined ? {} : { job }),
        ...(startedFrom === undefined ? {} : { startedFrom }),
        ...(startedBefore === undefined ? {} : { startedBefore }),
        ...(after === undefined ? {} : { after }),
      });
      const shown = found.slice(0, limit).map((row) => row.run);
      const last = shown.at(-1);
      const more = found.length > limit && last !== undefined;
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(position) },
        body: {
          job_runs: shown.map(runJson),
          ...(more
            ? { next_cursor: encodeCursor({ startedAt: last.startedAt, id: last.id }) }
            : {}),
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
    errors: [404],
    responses: { 200: { description: 'The run', schema: runSchema } },
    handle: async ({ params, scope, header }) => {
      const { jobRuns, jobRunsView, limits } = dependencies;
      await waitForMinimum(jobRunsView, header, { waitMs: limits.readWaitMs });
      const id = parseJobRunId(params.id);
      const { position, found } = await jobRuns.find(scope, id);
      if (found === undefined) {
        throw new RegistryError(
          'NOT_FOUND',
          `Cannot find job run ${quote(id)}: it has not started in this tenant and environment (want the id of a run: GET /registry/job-runs)`,
          { details: { id } },
        );
      }
      const headers = { [POSITION_HEADER]: String(position) };
      return { status: 200, headers, body: runJson(found.run) };
    },
  });
}
