import { z } from 'zod';
import type { CacheUpkeep, FilesMeant, UpkeptFile } from '#cache/cache-upkeep';
import { parseDatasetName } from '#domain/dataset-name';
import { type Scope, scopeKey } from '#domain/scope';
import { cursorQuery, sha256 } from '#http/api-schemas';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const NAME_MAX = 600;
const NO_STORE = { 'Cache-Control': 'no-store' };
const cursorSchema = z.strictObject({ after: sha256 });
const nameSchema = z.string().min(1).max(NAME_MAX).meta({ example: '110/homo_sapiens/GRCh38' });

const verifyBody = z
  .strictObject({
    dataset: nameSchema.optional().meta({ description: 'Only its files. Default: all.' }),
    cursor: cursorQuery,
  })
  .meta({ id: 'VerifyCache' });

const evictBody = z
  .union([
    z.strictObject({ dataset: nameSchema }),
    z.strictObject({
      unused: z.literal(true).meta({ description: 'Everything that nobody uses' }),
    }),
  ])
  .meta({ id: 'EvictCache' });

const fileSchema = z.strictObject({
  sha256,
  kind: z.string(),
  datasets: z.array(z.string()).meta({ description: 'tenant/environment and name' }),
  bytes: z.number().int(),
});

const verifiedSchema = z
  .strictObject({
    checked_count: z.number().int(),
    damaged_count: z.number().int(),
    bytes: z.number().int().meta({ description: 'So many were read' }),
    duration_ms: z.number().int(),
    damaged: z.array(
      fileSchema.extend({
        quarantined_until: z
          .string()
          .nullable()
          .meta({ description: 'null: it is downloaded again at once' }),
      }),
    ),
    unread: z
      .array(fileSchema)
      .meta({ description: 'Could not be read; nothing is known of them' }),
    next_cursor: z
      .string()
      .optional()
      .meta({ description: 'There was no time for the rest: send it as `cursor`' }),
  })
  .meta({ id: 'VerifiedCache' });

const evictedSchema = z
  .strictObject({
    evicted_count: z.number().int(),
    bytes: z.number().int().meta({ description: 'So many are free again' }),
    evicted: z.array(fileSchema),
    kept: z.array(
      fileSchema.extend({
        because: z.enum(['leased', 'pinned', 'shared']).meta({
          description: 'Somebody uses it, it is pinned, or another dataset has it too',
        }),
      }),
    ),
    has_more: z
      .literal(true)
      .optional()
      .meta({ description: 'There was no time for the rest, or they were too many: ask again' }),
  })
  .meta({ id: 'EvictedCache' });

/** The routes that look after the dataset cache of a node. A node that does not enable them has none. */
export function cacheRoutes(dependencies: HttpDependencies): readonly Route[] {
  const { cacheUpkeep: upkeep } = dependencies;
  if (upkeep === undefined) return [];
  const meant = (scope: Scope, dataset: string | undefined): FilesMeant => {
    const key = scopeKey(scope);
    return {
      // A token is for one tenant, and the cache is of all.
      scope: dependencies.guard === undefined ? undefined : key,
      dataset: dataset === undefined ? undefined : { scope: key, name: parseDatasetName(dataset) },
    };
  };
  return [verify(upkeep, meant), evict(upkeep, meant)];
}

type Meant = (scope: Scope, dataset: string | undefined) => FilesMeant;

function verify(upkeep: CacheUpkeep, meant: Meant): Route {
  return route({
    method: 'post',
    path: '/registry/cache/verify',
    operationId: 'verifyCache',
    summary: 'Read cached files of this node again and compare them with their digests',
    tag: 'cache',
    body: verifyBody,
    bodyIsOptional: true,
    responses: { 200: { description: 'What was found', schema: verifiedSchema } },
    handle: async ({ body, scope, signal }) => {
      const after = decodeCursor(body.cursor, cursorSchema)?.after ?? '';
      const found = await upkeep.verify({ ...meant(scope, body.dataset), after, signal });
      const { checkedCount, bytes, durationMs, damaged, unread, next } = found;
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          checked_count: checkedCount,
          damaged_count: damaged.length,
          bytes,
          duration_ms: Math.round(durationMs),
          damaged: damaged.map((file) =>
            Object.assign(fileJson(file), { quarantined_until: timeOf(file.quarantinedUntilMs) }),
          ),
          unread: unread.map(fileJson),
          ...(next === undefined ? {} : { next_cursor: encodeCursor({ after: next }) }),
        },
      };
    },
  });
}

function evict(upkeep: CacheUpkeep, meant: Meant): Route {
  return route({
    method: 'post',
    path: '/registry/cache/evict',
    operationId: 'evictCache',
    summary: 'Let this node remove cached files that nobody uses, of one dataset or of all',
    tag: 'cache',
    body: evictBody,
    errors: [409],
    responses: { 200: { description: 'What went and what stayed', schema: evictedSchema } },
    handle: async ({ body, scope, signal }) => {
      const dataset = 'dataset' in body ? body.dataset : undefined;
      const { evicted, kept, hasMore } = await upkeep.evict({ ...meant(scope, dataset), signal });
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          evicted_count: evicted.length,
          bytes: evicted.reduce((sum, { bytes }) => sum + bytes, 0),
          evicted: evicted.map(fileJson),
          kept: kept.map((file) => Object.assign(fileJson(file), { because: file.because })),
          ...(hasMore ? { has_more: true } : {}),
        },
      };
    },
  });
}

function fileJson({ sha256, kind, datasets, bytes }: UpkeptFile): z.output<typeof fileSchema> {
  return { sha256, kind, datasets: [...datasets], bytes };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
