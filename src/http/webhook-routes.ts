import { z } from 'zod';
import { webhookNotFound } from '#commands/change-webhook';
import { createWebhook } from '#commands/create-webhook';
import { RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';
import { parseWebhookId, webhookIdOf } from '#domain/webhook';
import { cursorQuery, integerQuery } from '#http/api-schemas';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import { POSITION_HEADER, waitForMinimum } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import { beginningOf } from '#http/webhook-beginning';
import { webhookChangeRoutes } from '#http/webhook-change-routes';
import { checkFilter } from '#http/webhook-filter';
import {
  deliveriesJson,
  deliveriesSchema,
  settingsOf,
  webhookJson,
  webhookParams,
  webhookSchema,
  webhookSecretSchema,
  webhookSettingsFields,
} from '#http/webhook-json';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';

const PAGE = { min: 1, max: 1_000, default: 100 };

const pageSchema = z
  .strictObject({ webhooks: z.array(webhookSchema), next_cursor: z.string().optional() })
  .meta({ id: 'WebhookPage' });
const cursorSchema = z.strictObject({ before: z.number().int().min(1) });
const createBody = z
  .strictObject({
    ...webhookSettingsFields,
    stream: z.enum(['registry', 'jobs']).default('registry'),
    from: z.number().int().min(1).optional().meta({
      description: 'The first position wanted; 1 is the beginning. Default: only what is new',
    }),
  })
  .meta({ id: 'CreateWebhook' });
const pingSchema = z
  .strictObject({
    event_id: z.string(),
    is_taken: z.boolean(),
    status: z.number().int().optional(),
    detail: z.string(),
  })
  .meta({ id: 'WebhookPing' });

/** The routes of webhooks: events that are sent to whoever has subscribed, signed. */
export function webhookRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [
    create(dependencies),
    list(dependencies),
    get(dependencies),
    ...webhookChangeRoutes(dependencies),
    ping(dependencies),
    deliveries(dependencies),
  ];
}

function create(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/webhooks',
    operationId: 'createWebhook',
    summary: 'Have the events of this tenant and environment sent to a URL',
    tag: 'webhooks',
    isCommand: true,
    body: createBody,
    errors: [409, 413, 415, 422, 507],
    responses: {
      201: { description: 'The webhook with its secret', schema: webhookSecretSchema },
    },
    handle: async (request) => {
      const { webhooks, webhookPort: port } = writableCommands(dependencies);
      const { body, scope } = request;
      const context = commandContext(dependencies, 'createWebhook', request);
      const settings = settingsOf(body);
      port.checkUrl(settings.url);
      checkFilter(settings.filter, body.stream);
      const id = webhookIdOf(scope, context.commandId);
      const known = dependencies.catalog().webhooks;
      // The same command again makes no further one.
      if (known.find(scope, id) === undefined && known.count() >= port.webhooksMax)
        throw tooManyWebhooks(port.webhooksMax);
      const after = await beginningOf(dependencies, body.stream, body.from);
      const secret = { generation: 1, keyId: port.keyId };
      const created = { settings, stream: body.stream, after, secret };
      const answer = await createWebhook(webhooks, context, { id, created });
      const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
      const { state: webhook, replayed } = answer;
      if (webhook === undefined) throw webhookNotFound(id);
      const shown = replayed ? {} : { secret: port.secretOf({ scope, id }, 1) };
      return {
        status: 201,
        headers: {
          ...headers,
          'Cache-Control': 'no-store',
          Location: `${request.prefix}/registry/webhooks/${id}`,
        },
        body: { ...webhookJson({ id, createdBy: context.actor, webhook }), ...shown },
      };
    },
  });
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/webhooks',
    operationId: 'listWebhooks',
    summary: 'List the webhooks of this tenant and environment, the newest first',
    tag: 'webhooks',
    query: z.strictObject({ limit: integerQuery(PAGE), cursor: cursorQuery }),
    responses: { 200: { description: 'A page of webhooks', schema: pageSchema } },
    handle: async ({ query: { limit, cursor }, scope, header }) => {
      const { catalog, catalogView, limits } = dependencies;
      await waitForMinimum(catalogView, header, { waitMs: limits.readWaitMs });
      const after = decodeCursor(cursor, cursorSchema);
      const found = catalog().webhooks.list(scope, { limit: limit + 1, ...after });
      const last = found.length > limit ? found[limit - 1] : undefined;
      const next = last && { next_cursor: encodeCursor({ before: last.position }) };
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(catalogView.position) },
        body: { webhooks: found.slice(0, limit).map(webhookJson), ...next },
      };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Get one webhook, without its secret',
    tag: 'webhooks',
    params: webhookParams,
    errors: [404],
    responses: { 200: { description: 'The webhook', schema: webhookSchema } },
    handle: async ({ params, scope, header }) => {
      const { catalogView, limits } = dependencies;
      await waitForMinimum(catalogView, header, { waitMs: limits.readWaitMs });
      const headers = { [POSITION_HEADER]: String(catalogView.position) };
      const body = webhookJson(foundOf(dependencies, scope, params.id));
      return { status: 200, headers, body };
    },
  });
}

function ping(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/webhooks/{id}/ping',
    operationId: 'pingWebhook',
    summary: 'Send an event of the type WebhookPinged to it, now and once',
    tag: 'webhooks',
    params: webhookParams,
    errors: [404],
    responses: { 200: { description: 'What came of it', schema: pingSchema } },
    handle: async ({ params, scope, signal }) => {
      const { webhookPort: port } = writableCommands(dependencies);
      const found = foundOf(dependencies, scope, params.id);
      const { eventId, isTaken, detail, status } = await port.ping(found, signal);
      const shown = status === undefined ? {} : { status };
      return {
        status: 200,
        body: { event_id: eventId, is_taken: isTaken, ...shown, detail },
      };
    },
  });
}

function deliveries(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/webhooks/{id}/deliveries',
    operationId: 'getWebhookDeliveries',
    summary: 'Tell how far it has come, what is sent again, and its dead letters',
    tag: 'webhooks',
    params: webhookParams,
    errors: [404],
    responses: { 200: { description: 'How far it has come', schema: deliveriesSchema } },
    handle: async ({ params, scope }) => {
      const { webhookPort: port } = writableCommands(dependencies);
      const { id, webhook } = foundOf(dependencies, scope, params.id);
      const body = deliveriesJson(await port.deliveries(id), webhook.after);
      return { status: 200, headers: { 'Cache-Control': 'no-store' }, body };
    },
  });
}

function foundOf({ catalog }: HttpDependencies, scope: Scope, text: string): FoundWebhook {
  const id = parseWebhookId(text);
  const found = catalog().webhooks.find(scope, id);
  if (found === undefined) throw webhookNotFound(id);
  return found;
}

function tooManyWebhooks(max: number): RegistryError {
  return new RegistryError(
    'VERSION_CONFLICT',
    `Cannot create a webhook: there are ${max} (want at most ${max}: ATLAS_WEBHOOKS_MAX)`,
    { details: { limit: max }, outcome: 'not-applied' },
  );
}
