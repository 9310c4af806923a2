import { z } from 'zod';
import { parseDatasetName } from '#domain/dataset-name';
import { toPosition } from '#domain/position';
import { withoutUndefined } from '#domain/without-undefined';
import { atQuery, cursorQuery, integerQuery, sha256, timestamp } from '#http/api-schemas';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import { datasetNotFound } from '#http/dataset-routes';
import { manifestSchema, statusSchema } from '#http/dataset-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import type { DatasetChange } from '#projections/catalog/dataset-history';

const PAGE = { min: 1, max: 1_000, default: 100 };
const ORDERS = ['oldest', 'newest'] as const;
const cursorSchema = z.strictObject({
  after: z.number().int().min(1),
  at: z.number().int().min(1),
  order: z.enum(ORDERS),
});

const entrySchema = z
  .strictObject({
    position: z.number().int().meta({ description: 'As `?at=` it shows the dataset after it' }),
    recorded_at: timestamp,
    time: timestamp,
    actor: z.string(),
    decision: z.string().meta({ description: 'The type of the event' }),
    event_id: z.string(),
    command_id: z.string(),
    hash: sha256.meta({ description: 'The hash of the event' }),
    status: statusSchema,
    schema_fingerprint: z.string(),
    row_count: z.number().int().nullable(),
    object_count: z.number().int(),
    bytes: z.number().min(0).meta({ description: 'Of all objects together' }),
    artifact: manifestSchema.shape.artifact,
    reason: z.string().optional().meta({ description: 'Why it was withdrawn' }),
  })
  .meta({
    id: 'DatasetHistoryEntry',
    description: 'An event, and how the dataset stood after it.',
  });

const historySchema = z
  .strictObject({
    entries: z.array(entrySchema),
    next_cursor: z
      .string()
      .optional()
      .meta({ description: 'Absent on the last page. A page before it may be short.' }),
  })
  .meta({ id: 'DatasetHistory' });

/** The route that shows every event of one dataset. Not below its address: there the name may go on. */
export function datasetHistoryRoute(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/history/datasets/{name}',
    operationId: 'getDatasetHistory',
    summary: 'List what was done to a dataset: by whom, when, and what it came to',
    tag: 'datasets',
    params: z.strictObject({ name: z.string().meta({ example: '110/homo_sapiens/GRCh38' }) }),
    query: z.strictObject({
      order: z.enum(ORDERS).default('oldest').meta({ description: 'Which comes first' }),
      limit: integerQuery(PAGE),
      cursor: cursorQuery,
      at: atQuery,
    }),
    errors: [404],
    responses: { 200: { description: 'A page of events', schema: historySchema } },
    handle: async ({ params, query, scope, header }) => {
      const name = parseDatasetName(params.name);
      const cursor = decodeCursor(query.cursor, cursorSchema);
      // All pages show the moment of the first one, in its order.
      const at = cursor === undefined ? query.at : String(cursor.at);
      const asOf = await asOfCatalog(dependencies, { header, at });
      const order = cursor?.order ?? query.order;
      const after = cursor === undefined ? undefined : toPosition(cursor.after);
      const page = { name, asOf, order, after, limit: query.limit };
      const { changes, hasMore } = dependencies.catalog().datasetHistory.page(scope, page);
      if (changes.length === 0 && cursor === undefined) throw datasetNotFound(name);
      const last = hasMore ? changes.at(-1)?.position : undefined;
      const next = last && { next_cursor: encodeCursor({ after: last, at: asOf, order }) };
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(asOf) },
        body: { entries: changes.map(entryOf), ...next },
      };
    },
  });
}

function entryOf({ manifest, ...change }: DatasetChange): z.output<typeof entrySchema> {
  const { objects, artifact } = manifest;
  return {
    position: change.position,
    recorded_at: new Date(change.recordedAtMs).toISOString(),
    time: change.time,
    actor: change.actor,
    decision: change.type,
    event_id: change.eventId,
    command_id: change.commandId,
    hash: change.hash,
    status: manifest.status,
    schema_fingerprint: manifest.schemaFingerprint,
    row_count: manifest.rowCount,
    object_count: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    ...withoutUndefined({ artifact, reason: change.reason }),
  };
}
