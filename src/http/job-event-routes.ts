import { z } from 'zod';
import { type TriggeredRun, triggerJobs } from '#commands/trigger-jobs';
import type { Json } from '#domain/canonical-json';
import type { RegistryError } from '#domain/errors';
import { plainText, problemSchema } from '#http/api-schemas';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { runStatus } from '#http/job-run-schemas';
import { partProblem, toProblem } from '#http/problem';
import { type Route, route } from '#http/route';

const text = plainText(255);

const eventBody = z
  .strictObject({
    source: text.meta({ example: 'orders-db' }),
    id: text.meta({ description: 'Unique within the source: the same event again starts nothing' }),
    type: text.meta({ example: 'table.loaded' }),
    subject: plainText(1_024).optional(),
    data: z.unknown().default({}),
  })
  .meta({ id: 'ExternalEvent' });

const answerSchema = z
  .strictObject({
    runs: z.array(
      z.strictObject({
        definition: z.string(),
        run_id: z.string().optional(),
        status: runStatus.optional(),
        existing: z.boolean().optional(),
        problem: problemSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'TriggeredRuns' });

/** The route that tells of something that happened elsewhere, which job definitions wait for. */
export function jobEventRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [trigger(dependencies)];
}

function trigger(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/job-events',
    operationId: 'postJobEvent',
    summary: 'Submit a run of every active job definition that waits for an event',
    tag: 'job-runs',
    isCommand: true,
    body: eventBody,
    errors: [413, 415, 422, 507],
    responses: {
      200: { description: 'The runs, none where nothing waits for it', schema: answerSchema },
    },
    handle: async (request) => {
      const { jobRuns } = writableCommands(dependencies);
      const context = commandContext(dependencies, 'postJobEvent', request);
      const { source, id, type, subject, data } = request.body;
      const event = { source, id, type, data: data as Json };
      const triggered = await triggerJobs(
        jobRuns,
        context,
        subject === undefined ? event : { ...event, subject },
      );
      const error = retryableError(triggered, request.requestId);
      if (error !== undefined) throw error;
      const positions = triggered.map((one) => ('answer' in one ? one.answer.position : 0));
      const last = { position: Math.max(0, ...positions) as never, replayed: false };
      const headers = await commandHeaders(last, [dependencies.jobRunsView], dependencies);
      const runs = triggered.map((one) => triggeredJson(one, request));
      return { status: 200, headers, body: { runs } };
    },
  });
}

/** Gives the first error where a retry may get all of the runs and none of them is there. */
function retryableError(
  triggered: readonly TriggeredRun[],
  requestId: string,
): RegistryError | undefined {
  const errors = triggered.flatMap((one) => ('error' in one ? [one.error] : []));
  const isLost =
    errors.length === triggered.length &&
    errors.every((error) => toProblem(error, { requestId, isWrite: true }).retryable);
  return isLost ? errors[0] : undefined;
}

function triggeredJson(
  one: TriggeredRun,
  request: Parameters<typeof partProblem>[1],
): z.output<typeof answerSchema>['runs'][number] {
  if ('error' in one) {
    const problem = partProblem(one.error, request);
    return { definition: one.definition, problem: { ...problem } };
  }
  const { runId, state, recorded } = one.answer;
  return {
    definition: one.definition,
    run_id: runId,
    status: state?.status,
    existing: recorded === undefined,
  };
}
