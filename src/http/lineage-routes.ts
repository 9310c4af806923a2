import { z } from 'zod';
import { type LineageAnswer, recordLineage } from '#commands/record-lineage';
import { RegistryError } from '#domain/errors';
import { inLanes } from '#flow/in-lanes';
import { commandHeaders, senderOf, writableCommands } from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { partProblem } from '#http/problem';
import { readJsonText } from '#http/read-body';
import { type Route, route } from '#http/route';
import type { LineageEvent } from '#lineage/lineage-event';
import type { LineageFault } from '#lineage/lineage-fault';
import { type LineageBatchItem, readLineageBatch } from '#lineage/read-lineage-batch';
import { readLineageEvent } from '#lineage/read-lineage-event';

/** The most events of one batch. */
export const LINEAGE_BATCH_MAX = 1_000;
const RUNNING_MAX = 64;

const faultSchema = z.strictObject({
  rule: z.string(),
  path: z.string().meta({ description: 'A JSON pointer into the event' }),
  message: z.string(),
});

const recordedSchema = z
  .strictObject({
    id: z
      .string()
      .meta({ description: 'SHA-256 of the event: what makes the same event sent twice one' }),
    kind: z.enum(['run', 'job', 'dataset']),
    run_id: z.string().optional(),
    existing: z.boolean(),
    position: z.number().int(),
    warnings: z.array(faultSchema),
  })
  .meta({ id: 'LineageRecorded' });

const batchSchema = z
  .strictObject({
    status: z.enum(['success', 'partial_success']),
    summary: z.strictObject({
      received: z.number().int(),
      successful: z.number().int(),
      failed: z.number().int(),
      retriable: z.number().int(),
      non_retriable: z.number().int(),
      existing: z.number().int().meta({ description: 'Of the successful ones: known already' }),
    }),
    failed_events: z.array(
      z.strictObject({
        index: z.number().int(),
        reason: z.string(),
        retriable: z.boolean(),
        faults: z.array(faultSchema).optional(),
      }),
    ),
  })
  .meta({ id: 'LineageBatch' });

type Failed = z.output<typeof batchSchema>['failed_events'][number];

/** The routes that take OpenLineage events, where its clients expect them. */
export function lineageRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [single(dependencies), batch(dependencies)];
}

function single(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/api/v1/lineage',
    operationId: 'postLineageEvent',
    summary: 'Take one OpenLineage event; sent again it counts once',
    tag: 'lineage',
    body: 'stream',
    streamType: 'application/json',
    errors: [413, 415, 422, 507],
    responses: { 201: { description: 'The event is kept', schema: recordedSchema } },
    handle: async (request, { req }) => {
      const { settleBody } = request;
      const { lineage } = writableCommands(dependencies);
      const { lineageBytesMax: bytesMax, jsonDepthMax, jsonItemsMax } = dependencies.limits;
      const text = await readJsonText(req, { bytesMax, jsonDepthMax, jsonItemsMax, settleBody });
      const read = readLineageEvent(text, { bytesMax });
      if (read.kind === 'refused') throw refused(read.faults);
      const { event } = read;
      const answer = await recordLineage(lineage, senderOf(request), event);
      const headers = await commandHeaders(answer, [dependencies.jobRunsView], dependencies);
      const body = recordedJson(event, answer, dependencies.lineageWarner(event));
      return { status: 201, headers, body };
    },
  });
}

function recordedJson(
  event: LineageEvent,
  { recorded, position, replayed }: LineageAnswer,
  warnings: readonly LineageFault[],
): z.output<typeof recordedSchema> {
  return {
    id: event.fingerprint,
    kind: event.kind,
    ...(event.kind === 'run' ? { run_id: event.runId } : {}),
    existing: replayed || recorded === undefined,
    position,
    warnings: warnings.map(({ rule, path, message }) => ({ rule, path, message })),
  };
}

function refused(faults: readonly LineageFault[]): RegistryError {
  const [first] = faults;
  const isSyntax = first?.rule === 'syntax';
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new RegistryError(
    isSyntax ? 'INVALID_JSON' : 'INVALID_EVENT',
    `${first?.message ?? 'Cannot read lineage event'}${more}`,
    { details: { faults }, outcome: 'not-applied' },
  );
}

function batch(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/api/v1/lineage/batch',
    operationId: 'postLineageBatch',
    summary: `Take up to ${LINEAGE_BATCH_MAX} OpenLineage events; a wrong one does not hold up the others`,
    tag: 'lineage',
    body: 'stream',
    streamType: 'application/json',
    errors: [413, 415, 422],
    responses: { 200: { description: 'What became of the events', schema: batchSchema } },
    handle: async (request, { req }) => {
      const { settleBody } = request;
      const { lineage } = writableCommands(dependencies);
      const { lineageBytesMax, lineageBatchBytesMax, ...limits } = dependencies.limits;
      const { jsonItemsMax } = limits;
      // The list around the events is one level more.
      const jsonDepthMax = limits.jsonDepthMax + 1;
      const bounds = { bytesMax: lineageBatchBytesMax, jsonDepthMax, jsonItemsMax, settleBody };
      const text = await readJsonText(req, bounds);
      const read = await readLineageBatch(text, {
        eventsMax: LINEAGE_BATCH_MAX,
        bytesMax: lineageBytesMax,
      });
      if (read.kind === 'refused') throw refused(read.faults);
      const { items } = read;
      await request.settle(items.length - 1);
      const failed: Failed[] = [];
      let position = 0;
      let existing = 0;
      const work = async (index: number): Promise<void> => {
        const item = items[index];
        if (item === undefined) return;
        if (item.kind === 'refused') {
          failed.push(refusedItem(item));
          return;
        }
        try {
          const answer = await recordLineage(lineage, senderOf(request), item.event);
          position = Math.max(position, answer.position);
          if (answer.replayed || answer.recorded === undefined) existing += 1;
        } catch (error) {
          const { detail, retryable } = partProblem(error, request);
          failed.push({ index, reason: detail, retriable: retryable });
        }
      };
      const lanes = { runningMax: RUNNING_MAX, work };
      await inLanes(items.length, (index) => laneOf(items[index], index), lanes);
      const answer = { position: position as never, replayed: false };
      const headers = await commandHeaders(answer, [dependencies.jobRunsView], dependencies);
      return { status: 200, headers, body: summaryOf(items.length, failed, existing) };
    },
  });
}

/** Events of one run come one after the other; they would only race for it. */
function laneOf(item: LineageBatchItem | undefined, index: number): string {
  return item?.kind === 'event' && item.event.kind === 'run' ? item.event.runId : String(index);
}

function refusedItem({
  index,
  faults,
}: Extract<LineageBatchItem, { readonly kind: 'refused' }>): Failed {
  const reason = faults[0]?.message ?? 'Cannot read lineage event';
  return { index, reason, retriable: false, faults: faults.map((fault) => ({ ...fault })) };
}

function summaryOf(
  received: number,
  failed: readonly Failed[],
  existing: number,
): z.output<typeof batchSchema> {
  const retriable = failed.filter((one) => one.retriable).length;
  return {
    status: failed.length === 0 ? 'success' : 'partial_success',
    summary: {
      received,
      successful: received - failed.length,
      failed: failed.length,
      retriable,
      non_retriable: failed.length - retriable,
      existing,
    },
    failed_events: failed.toSorted((a, b) => a.index - b.index),
  };
}
