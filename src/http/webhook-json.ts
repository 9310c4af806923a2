import { z } from 'zod';
import { KINDS } from '#domain/event';
import { ALL_EVENT_TYPES } from '#domain/event-types';
import { WEBHOOK_STOPS, type WebhookFilter, type WebhookSettings } from '#domain/webhook';
import { toTimestamp } from '#flow/clock';
import { plainText, timestamp } from '#http/api-schemas';
import type { WebhookDeliveries } from '#http/webhook-port';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';

const URL_MAX = 2_048;
const DESCRIPTION_MAX = 1_000;
const PREFIX_MAX = 600;

const listOf = <T extends readonly [string, ...string[]] | readonly string[]>(values: T) =>
  z
    .array(z.enum(values))
    .min(1)
    .max(values.length)
    .refine((given) => new Set(given).size === given.length, 'want every one once')
    .meta({ uniqueItems: true });

/** The place of a webhook in the path of a request. */
export const webhookParams = z.strictObject({ id: z.string() });

/** What whoever keeps a webhook says of it. */
export const webhookSettingsFields = {
  url: z
    .string()
    .min(1)
    .max(URL_MAX)
    .meta({ description: 'https. Nothing secret in it: whoever reads the log sees it' }),
  description: plainText(DESCRIPTION_MAX).optional(),
  types: listOf(ALL_EVENT_TYPES).optional().meta({ description: 'Default: every type' }),
  kinds: listOf(KINDS).optional().meta({ description: 'Default: every kind' }),
  name_prefix: plainText(PREFIX_MAX)
    .optional()
    .meta({ description: 'How the name of the dataset or contract, or the id of the run, begins' }),
};

/** A webhook, without its secret. */
export const webhookFields = {
  id: z.string(),
  ...webhookSettingsFields,
  stream: z.enum(['registry', 'jobs']),
  status: z.enum(['active', 'stopped']),
  stopped_because: z.enum(WEBHOOK_STOPS).optional(),
  stopped_at: timestamp.optional(),
  created_at: timestamp,
  created_by: z
    .string()
    .optional()
    .meta({ description: 'Absent while this node does not show it' }),
  secret_generation: z.number().int().min(1),
  previous_secret_until: timestamp
    .optional()
    .meta({ description: 'Until then the secret before signs too' }),
};
export const webhookSchema = z.strictObject(webhookFields).meta({ id: 'Webhook' });

/** A webhook with its secret, which is shown once. */
export const webhookSecretSchema = z
  .strictObject({
    ...webhookFields,
    secret: z.string().optional().meta({
      description:
        'What its receiver checks signatures with. Shown this once: an answer that is given again does not hold it',
    }),
  })
  .meta({ id: 'WebhookWithSecret' });

const position = z.number().int().min(0);

/** How far a webhook has come. */
export const deliveriesSchema = z
  .strictObject({
    is_delivered: z.boolean().meta({ description: 'Whether a node has it in hand' }),
    position: position.meta({
      description: 'Everything up to here was taken, let by, or is a dead letter',
    }),
    delivered_at: timestamp.optional(),
    failing_since: timestamp.optional(),
    trial: z
      .strictObject({
        position,
        attempts: z.number().int().min(1),
        since: timestamp,
        detail: z.string(),
      })
      .optional()
      .meta({ description: 'The event that is sent again and again' }),
    dead_letters: z.array(
      z.strictObject({
        position,
        event_id: z.string(),
        type: z.string(),
        subject: z.string(),
        reason: z.enum(['expired', 'refused']),
        detail: z.string(),
        attempts: z.number().int(),
        at: timestamp,
      }),
    ),
  })
  .meta({ id: 'WebhookDeliveries' });

/** Reads the settings from a body. */
export function settingsOf(body: {
  readonly url: string;
  readonly description?: string | undefined;
  readonly types?: WebhookFilter['types'] | undefined;
  readonly kinds?: WebhookFilter['kinds'] | undefined;
  readonly name_prefix?: string | undefined;
}): WebhookSettings {
  const { url, description, types, kinds, name_prefix: namePrefix } = body;
  return {
    url,
    ...(description === undefined ? {} : { description }),
    filter: {
      ...(types === undefined ? {} : { types: types.toSorted() }),
      ...(kinds === undefined ? {} : { kinds: kinds.toSorted() }),
      ...(namePrefix === undefined ? {} : { namePrefix }),
    },
  };
}

/** Shows a webhook. */
export function webhookJson({
  id,
  createdBy,
  webhook,
}: Pick<FoundWebhook, 'id' | 'webhook'> & { readonly createdBy: string | undefined }): z.output<
  typeof webhookSchema
> {
  const { url, description, filter, stream, stopped, createdAt, secret, previous } = webhook;
  const { types, kinds, namePrefix } = filter;
  return {
    id,
    url,
    ...(description === undefined ? {} : { description }),
    ...(types === undefined ? {} : { types: ALL_EVENT_TYPES.filter((t) => types.includes(t)) }),
    ...(kinds === undefined ? {} : { kinds: [...kinds] }),
    ...(namePrefix === undefined ? {} : { name_prefix: namePrefix }),
    stream,
    status: stopped === undefined ? 'active' : 'stopped',
    ...(stopped === undefined ? {} : { stopped_because: stopped.reason, stopped_at: stopped.at }),
    created_at: createdAt,
    ...(createdBy === undefined ? {} : { created_by: createdBy }),
    secret_generation: secret.generation,
    ...(previous === undefined ? {} : { previous_secret_until: previous.until }),
  };
}

/** Shows how far a webhook has come. */
export function deliveriesJson(
  { record, deadLetters }: WebhookDeliveries,
  begins: number,
): z.output<typeof deliveriesSchema> {
  const { trial, failingSinceMs, deliveredAtMs } = record ?? {};
  return {
    is_delivered: (record?.owner ?? '') !== '',
    position: record?.after ?? begins,
    ...(deliveredAtMs === undefined ? {} : { delivered_at: toTimestamp(deliveredAtMs) }),
    ...(failingSinceMs === undefined ? {} : { failing_since: toTimestamp(failingSinceMs) }),
    ...(trial === undefined
      ? {}
      : {
          trial: {
            position: trial.position,
            attempts: trial.attempts,
            since: toTimestamp(trial.sinceMs),
            detail: trial.detail,
          },
        }),
    dead_letters: deadLetters.map((letter) => ({
      position: letter.position,
      event_id: letter.eventId,
      type: letter.type,
      subject: letter.subject,
      reason: letter.reason,
      detail: letter.detail,
      attempts: letter.attempts,
      at: toTimestamp(letter.atMs),
    })),
  };
}
