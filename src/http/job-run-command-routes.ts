import { z } from 'zod';
import { runDefinition } from '#commands/run-definition';
import { parseJobDefinitionId, parseWantedVersion } from '#domain/definition';
import { parseJobRunId } from '#domain/job-run';
import {
  commandContext,
  commandHeaders,
  idempotencyKey,
  writableCommands,
} from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { runAfter, type StepTaken, takeStep } from '#http/job-run-answers';
import { parentOf, type RunOperation, runIdOf } from '#http/job-run-operations';
import {
  beginBody,
  cancelBody,
  finishBody,
  progressBody,
  runDefinitionBody,
  runJson,
  runSchema,
  startBody,
} from '#http/job-run-schemas';
import { type ParsedRequest, type Reply, type Route, route } from '#http/route';

const idParams = z.strictObject({ id: z.string() });

/** The routes that change job runs. */
export function jobRunCommandRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [
    start(dependencies),
    runDefined(dependencies),
    step(dependencies, {
      op: 'begin',
      verb: 'begin',
      operationId: 'beginJobRun',
      summary: 'Take a pending job run up',
      body: beginBody,
    }),
    step(dependencies, {
      op: 'progress',
      verb: 'heartbeat',
      operationId: 'heartbeatJobRun',
      summary: 'Say that a job run is alive',
      body: progressBody,
    }),
    step(dependencies, {
      op: 'progress',
      verb: 'progress',
      operationId: 'progressJobRun',
      summary: 'Say how far a job run is',
      body: progressBody,
    }),
    step(dependencies, {
      op: 'finish',
      verb: 'finish',
      operationId: 'finishJobRun',
      summary: 'Record how a job run ended, once',
      body: finishBody,
    }),
    step(dependencies, {
      op: 'cancel',
      verb: 'cancel',
      operationId: 'cancelJobRun',
      summary: 'Cancel a job run that has not ended',
      body: cancelBody,
    }),
  ];
}

function start(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/job-runs',
    operationId: 'startJobRun',
    summary: 'Record that a job run has started, or waits for somebody to begin it',
    tag: 'job-runs',
    isCommand: true,
    body: startBody,
    errors: [409, 413, 415, 422, 507],
    responses: { 201: { description: 'The run is there', schema: runSchema } },
    handle: async (request) => {
      const context = commandContext(dependencies, 'startJobRun', request);
      const taken = await takeStep(dependencies, context, { op: 'start', ...request.body });
      return await created(dependencies, request, taken);
    },
  });
}

function runDefined(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/job-definitions/{id}/runs',
    operationId: 'runJobDefinition',
    summary: 'Submit a run of an active job definition',
    tag: 'job-runs',
    isCommand: true,
    bodyIsOptional: true,
    params: idParams,
    body: runDefinitionBody,
    errors: [404, 409, 413, 415, 422, 507],
    responses: {
      201: { description: 'The run is submitted', schema: runSchema },
      200: {
        description: 'By its idempotency scope this run was there already',
        schema: runSchema,
      },
    },
    handle: async (request) => {
      const { jobRuns } = writableCommands(dependencies);
      const context = commandContext(dependencies, 'runJobDefinition', request);
      const { body, params } = request;
      // A retry is found by what follows from the key alone.
      const isKeyed = idempotencyKey(request) !== undefined;
      const answer = await runDefinition(jobRuns, context, {
        id: parseJobDefinitionId(params.id),
        version: parseWantedVersion(body.version),
        cause: { type: 'MANUAL' },
        metadata: body.metadata,
        ...(body.id === undefined ? {} : { runId: parseJobRunId(body.id) }),
        ...(isKeyed ? { requestId: parseJobRunId(runIdOf(context)) } : {}),
        ...(body.inputs === undefined ? {} : { inputs: body.inputs }),
        ...(body.submitted_by === undefined ? {} : { submittedBy: body.submitted_by }),
        ...parentOf(body),
        ...(body.correlation_id === undefined ? {} : { correlationId: body.correlation_id }),
      });
      const run = await runAfter(dependencies, request.scope, answer);
      const reply = await created(dependencies, request, { answer, run });
      return answer.recorded === undefined ? { ...reply, status: 200 } : reply;
    },
  });
}

async function created(
  dependencies: HttpDependencies,
  { prefix }: Pick<ParsedRequest<unknown, unknown, unknown>, 'prefix'>,
  { answer, run }: StepTaken,
): Promise<Reply> {
  const headers = await commandHeaders(answer, [dependencies.jobRunsView], dependencies);
  const body = runJson({ origin: 'registry', run }, prefix);
  const location = `${prefix}/registry/job-runs/${body.id}`;
  return { status: 201, headers: { ...headers, Location: location }, body };
}

/** A route that takes one run one step on. */
function step(
  dependencies: HttpDependencies,
  spec: Pick<Route, 'operationId' | 'summary'> & {
    readonly op: Exclude<RunOperation['op'], 'start'>;
    readonly verb: string;
    readonly body: z.ZodObject;
  },
): Route {
  const { op, verb, operationId, summary, body } = spec;
  return route({
    method: 'post',
    path: `/registry/job-runs/{id}/${verb}`,
    operationId,
    summary,
    tag: 'job-runs',
    isCommand: true,
    bodyIsOptional: op !== 'finish',
    params: idParams,
    body,
    errors: [404, 409, 413, 415, 422, 507],
    responses: { 200: { description: 'The run right after the step', schema: runSchema } },
    handle: async (request) => {
      const context = commandContext(dependencies, operationId, request);
      const operation = { op, ...request.body, id: request.params.id } as unknown as RunOperation;
      const { answer, run } = await takeStep(dependencies, context, operation);
      const headers = await commandHeaders(answer, [dependencies.jobRunsView], dependencies);
      return { status: 200, headers, body: runJson({ origin: 'registry', run }, request.prefix) };
    },
  });
}
