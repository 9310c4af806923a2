import { z } from 'zod';
import type { CommandContext } from '#commands/run-command';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import type { CommandId } from '#domain/event';
import { inLanes } from '#flow/in-lanes';
import { problemSchema } from '#http/api-schemas';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { takeStep } from '#http/job-run-answers';
import { type RunOperation, runOperation } from '#http/job-run-operations';
import { runStatus } from '#http/job-run-schemas';
import { check } from '#http/parse-request';
import { partProblem } from '#http/problem';
import { type Route, route } from '#http/route';

/** The most steps of one batch. */
export const BATCH_MAX = 1_000;
const RUNNING_MAX = 64;

const batchBody = z
  .strictObject({
    operations: z
      .array(z.unknown())
      .min(1)
      .max(BATCH_MAX)
      .meta({ description: 'Steps of runs, each a JobRunOperation; those of one run in order' }),
  })
  .meta({ id: 'JobRunBatch' });

const resultSchema = z.strictObject({
  index: z.number().int(),
  /** What the step alone would have been answered with. */
  http_status: z.number().int(),
  id: z.string().optional(),
  status: runStatus.optional(),
  replayed: z.boolean().optional(),
  problem: problemSchema.optional(),
});

const batchAnswer = z
  .strictObject({
    summary: z.strictObject({
      received: z.number().int(),
      successful: z.number().int(),
      failed: z.number().int(),
    }),
    results: z.array(resultSchema),
  })
  .meta({ id: 'JobRunBatchAnswer' });

type Result = z.output<typeof resultSchema>;

/** The route that takes many steps of many runs at once. */
export function jobRunBatchRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [batch(dependencies)];
}

function batch(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/job-runs/batch',
    operationId: 'batchJobRuns',
    summary: `Take up to ${BATCH_MAX} steps of job runs at once; each has a result of its own`,
    tag: 'job-runs',
    isCommand: true,
    body: batchBody,
    errors: [413, 415, 422],
    responses: { 200: { description: 'What became of each step', schema: batchAnswer } },
    handle: async (request) => {
      // Who must not write is told so once, not by every result.
      writableCommands(dependencies);
      const context = commandContext(dependencies, 'batchJobRuns', request);
      const { operations } = request.body;
      await request.settle(operations.length - 1);
      const results: Result[] = [];
      let position = 0;
      const work = async (index: number): Promise<void> => {
        try {
          const operation = check(runOperation, operations[index], 'operation');
          const own = stepContext(context, index, operation);
          const { answer, run } = await takeStep(dependencies, own, operation);
          const { id, status } = run;
          position = Math.max(position, answer.position);
          const replayed = answer.replayed ? { replayed: true } : {};
          const http_status = operation.op === 'start' ? 201 : 200;
          results[index] = { index, http_status, id, status, ...replayed };
        } catch (error) {
          const problem = partProblem(error, request);
          results[index] = { index, http_status: problem.status, problem: { ...problem } };
        }
      };
      await inLanes(operations.length, (index) => laneOf(operations[index], index), {
        runningMax: RUNNING_MAX,
        work,
      });
      const failed = results.filter(({ problem }) => problem !== undefined).length;
      const received = operations.length;
      const summary = { received, successful: received - failed, failed };
      const last = { position: position as never, replayed: false };
      const headers = await commandHeaders(last, [dependencies.jobRunsView], dependencies);
      return { status: 200, headers, body: { summary, results } };
    },
  });
}

/** Steps of one run come one after the other; those without an id are runs of their own. */
function laneOf(operation: unknown, index: number): string {
  const id =
    typeof operation === 'object' && operation !== null && 'id' in operation
      ? operation.id
      : undefined;
  return typeof id === 'string' ? `id ${id}` : `index ${index}`;
}

/** Each step is a command of its own: its id follows from the request's and from its place. */
function stepContext(
  context: CommandContext,
  index: number,
  operation: RunOperation,
): CommandContext {
  const commandId = sha256Of(canonicalJson([context.commandId, index])) as string as CommandId;
  return { ...context, commandId, requestFingerprint: sha256Of(canonicalJson(operation)) };
}
