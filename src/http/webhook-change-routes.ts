import { z } from 'zod';
import { changeWebhook, type WebhookChange, webhookNotFound } from '#commands/change-webhook';
import { toPosition } from '#domain/position';
import { parseWebhookId } from '#domain/webhook';
import { toTimestamp } from '#flow/clock';
import { plainText } from '#http/api-schemas';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { type ParsedRequest, type Reply, type Route, route } from '#http/route';
import { beginningOf } from '#http/webhook-beginning';
import { checkFilter } from '#http/webhook-filter';
import {
  settingsOf,
  webhookJson,
  webhookParams,
  webhookSchema,
  webhookSecretSchema,
  webhookSettingsFields,
} from '#http/webhook-json';

const DETAIL_MAX = 1_000;
const POSITIONS_MAX = 100;
const OVERLAP_SECONDS = { max: 604_800, default: 86_400 };

const changeBody = z.strictObject(webhookSettingsFields).meta({ id: 'ChangeWebhook' });
const disableBody = z
  .strictObject({ detail: plainText(DETAIL_MAX).optional() })
  .meta({ id: 'DisableWebhook' });
const rotateBody = z
  .strictObject({
    previous_valid_seconds: z
      .number()
      .int()
      .min(0)
      .max(OVERLAP_SECONDS.max)
      .default(OVERLAP_SECONDS.default)
      .meta({ description: 'How long the secret before signs too' }),
  })
  .meta({ id: 'RotateWebhookSecret' });
const replayBody = z
  .strictObject({
    from: z.number().int().min(1).meta({ description: 'The first position that is sent again' }),
  })
  .meta({ id: 'ReplayWebhook' });
const redeliverBody = z
  .strictObject({
    positions: z
      .array(z.number().int().min(1))
      .min(1)
      .max(POSITIONS_MAX)
      .meta({ description: 'Those of the dead letters' }),
  })
  .meta({ id: 'RedeliverWebhook' });
const OK = { 200: { description: 'The webhook as it is now', schema: webhookSchema } };
const ACCEPTED = { 202: { description: 'It is done soon', schema: webhookSchema } };
const WITH_SECRET = {
  200: { description: 'The webhook with its new secret', schema: webhookSecretSchema },
};

type Request = ParsedRequest<{ readonly id: string }, unknown, unknown>;

/** The routes that change a webhook. */
export function webhookChangeRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [
    ...settingRoutes(dependencies),
    rotate(dependencies),
    ...againRoutes(dependencies),
    remove(dependencies),
  ];
}

const common = {
  tag: 'webhooks',
  isCommand: true,
  params: webhookParams,
  errors: [404, 409, 413, 415, 422, 507],
} as const;

function settingRoutes(dependencies: HttpDependencies): readonly Route[] {
  const { changed } = changing(dependencies);
  return [
    route({
      ...common,
      method: 'put',
      path: '/registry/webhooks/{id}',
      operationId: 'changeWebhook',
      summary: 'Replace the URL, the description and the filter of a webhook',
      body: changeBody,
      responses: OK,
      handle: async (request) => {
        const settings = settingsOf(request.body);
        writableCommands(dependencies).webhookPort.checkUrl(settings.url);
        const { webhooks } = dependencies.catalog();
        const known = webhooks.find(request.scope, parseWebhookId(request.params.id));
        // What it follows never changes. One that this node does not show yet is found by the command.
        if (known !== undefined) checkFilter(settings.filter, known.webhook.stream);
        return await changed('changeWebhook', request, { kind: 'settings', settings });
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/registry/webhooks/{id}/enable',
      operationId: 'enableWebhook',
      summary: 'Go on where delivery was stopped',
      responses: OK,
      handle: async (request) => changed('enableWebhook', request, { kind: 'enable' }),
    }),
    route({
      ...common,
      method: 'post',
      path: '/registry/webhooks/{id}/disable',
      operationId: 'disableWebhook',
      summary: 'Stop delivery; what comes meanwhile is sent when it is enabled again',
      body: disableBody,
      bodyIsOptional: true,
      responses: OK,
      handle: async (request) => {
        const { detail } = request.body;
        const told = detail === undefined ? {} : { detail };
        const change = { kind: 'disable', reason: 'asked', ...told } as const;
        return await changed('disableWebhook', request, change);
      },
    }),
  ];
}

function rotate(dependencies: HttpDependencies): Route {
  const { change } = changing(dependencies);
  return route({
    ...common,
    method: 'post',
    path: '/registry/webhooks/{id}/rotate',
    operationId: 'rotateWebhookSecret',
    summary: 'Give it a new secret; the one before signs too for a while',
    body: rotateBody,
    bodyIsOptional: true,
    responses: WITH_SECRET,
    handle: async (request) => {
      const { webhookPort: port } = writableCommands(dependencies);
      const untilMs = dependencies.clock.nowMs() + request.body.previous_valid_seconds * 1_000;
      const previousUntil = toTimestamp(untilMs);
      const { id, webhook, headers, replayed, createdBy } = await change(
        'rotateWebhookSecret',
        request,
        { kind: 'rotate', keyId: port.keyId, previousUntil },
      );
      const owner = { scope: request.scope, id };
      const shown = replayed ? {} : { secret: port.secretOf(owner, webhook.secret.generation) };
      return {
        status: 200,
        headers: { ...headers, 'Cache-Control': 'no-store' },
        body: { ...webhookJson({ id, createdBy, webhook }), ...shown },
      };
    },
  });
}

function againRoutes(dependencies: HttpDependencies): readonly Route[] {
  const { changed } = changing(dependencies);
  return [
    route({
      ...common,
      method: 'post',
      path: '/registry/webhooks/{id}/replay',
      operationId: 'replayWebhook',
      summary: 'Send everything from a position on, again or for the first time',
      body: replayBody,
      responses: ACCEPTED,
      handle: async (request) => {
        const id = parseWebhookId(request.params.id);
        const found = dependencies.catalog().webhooks.find(request.scope, id);
        if (found === undefined) throw webhookNotFound(id);
        const after = await beginningOf(dependencies, found.webhook.stream, request.body.from);
        return await changed('replayWebhook', request, { kind: 'replay', after });
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/registry/webhooks/{id}/redeliver',
      operationId: 'redeliverWebhook',
      summary: 'Send dead letters once more',
      body: redeliverBody,
      responses: ACCEPTED,
      handle: async (request) => {
        const positions = request.body.positions.map(toPosition);
        return await changed('redeliverWebhook', request, { kind: 'redeliver', positions });
      },
    }),
  ];
}

function remove(dependencies: HttpDependencies): Route {
  const { change } = changing(dependencies);
  return route({
    ...common,
    method: 'post',
    path: '/registry/webhooks/{id}/delete',
    operationId: 'deleteWebhook',
    summary: 'End a webhook for good',
    responses: { 204: { description: 'It is no more' } },
    handle: async (request) => {
      const { id, headers } = await change('deleteWebhook', request, { kind: 'delete' });
      await writableCommands(dependencies).webhookPort.forget(id);
      return { status: 204, headers };
    },
  });
}

/** Gives what carries a change out, and what answers with the webhook as it is then. */
function changing(dependencies: HttpDependencies) {
  const change = async (operation: string, request: Request, wanted: WebhookChange) => {
    const { webhooks } = writableCommands(dependencies);
    const id = parseWebhookId(request.params.id);
    const context = commandContext(dependencies, operation, request);
    const answer = await changeWebhook(webhooks, context, { id, change: wanted });
    const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
    const { state: webhook, replayed } = answer;
    if (webhook === undefined) throw webhookNotFound(id);
    const createdBy = dependencies.catalog().webhooks.find(request.scope, id)?.createdBy;
    return { id, webhook, headers, replayed, createdBy };
  };
  const changed = async (
    operation: string,
    request: Request,
    wanted: WebhookChange,
  ): Promise<Reply> => {
    const { id, webhook, headers, createdBy } = await change(operation, request, wanted);
    const status = wanted.kind === 'replay' || wanted.kind === 'redeliver' ? 202 : 200;
    return { status, headers, body: webhookJson({ id, createdBy, webhook }) };
  };
  return { change, changed };
}
