import { append, type Decision, reject } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import { quote, RegistryError } from '#domain/errors';
import {
  type WebhookEvent,
  type WebhookId,
  type WebhookState,
  webhookEvolution,
} from '#domain/webhook';
import type { EventLog } from '#log/event-log';

/** What commands about webhooks need. */
export interface WebhookCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<WebhookState>;
}

/** What a command about a webhook has come to. */
export type WebhookAnswer = CommandAnswer<WebhookState, WebhookEvent>;

/** A new webhook. Its id follows from the command, so that a retry finds it. */
export interface CreateWebhook {
  readonly id: WebhookId;
  readonly created: Extract<WebhookEvent, { readonly type: 'WebhookCreated' }>['data'];
}

/** Decides to create a webhook: an id is used once. */
export function decideCreateWebhook(
  state: WebhookState,
  { id, created }: CreateWebhook,
): Decision<WebhookEvent> {
  if (state === undefined) return append({ type: 'WebhookCreated', data: created });
  return reject(
    new RegistryError(
      'VERSION_CONFLICT',
      `Cannot create webhook ${quote(id)}: there is one with that id (want another Idempotency-Key)`,
      { details: { id }, outcome: 'not-applied' },
    ),
  );
}

/** Creates a webhook. @throws VERSION_CONFLICT, and what `runCommand` throws */
export async function createWebhook(
  commands: WebhookCommands,
  context: CommandContext,
  command: CreateWebhook,
): Promise<WebhookAnswer> {
  return await runCommand(commands.env, context, {
    kind: 'webhook',
    id: command.id,
    log: commands.log,
    source: commands.source,
    evolution: webhookEvolution,
    decide: (state) => decideCreateWebhook(state, command),
  });
}
