import type { WebhookAnswer, WebhookCommands } from '#commands/create-webhook';
import { append, type Decision, reject } from '#commands/decision';
import { type CommandContext, runCommand } from '#commands/run-command';
import { canonicalJson } from '#domain/canonical-json';
import { quote, RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import {
  type WebhookEvent,
  type WebhookId,
  type WebhookSecret,
  type WebhookSettings,
  type WebhookState,
  type WebhookStop,
  webhookEvolution,
} from '#domain/webhook';

/** One change of a webhook that is there. */
export type WebhookChange =
  | { readonly kind: 'settings'; readonly settings: WebhookSettings }
  | { readonly kind: 'enable' }
  | { readonly kind: 'disable'; readonly reason: WebhookStop; readonly detail?: string }
  | { readonly kind: 'rotate'; readonly keyId: string; readonly previousUntil: string }
  | { readonly kind: 'replay'; readonly after: Position }
  | { readonly kind: 'redeliver'; readonly positions: readonly Position[] }
  | { readonly kind: 'delete' };

type Present = Exclude<WebhookState, undefined>;

/** Decides a change. What is so already changes nothing; what was deleted is not found. */
export function decideChangeWebhook(
  state: WebhookState,
  id: WebhookId,
  change: WebhookChange,
): Decision<WebhookEvent> {
  if (state === undefined) return reject(webhookNotFound(id));
  if (state.deletedAt !== undefined)
    return change.kind === 'delete' ? { kind: 'unchanged' } : reject(webhookNotFound(id));
  switch (change.kind) {
    case 'settings':
      return isSo(state, change.settings)
        ? { kind: 'unchanged' }
        : append({ type: 'WebhookChanged', data: { settings: change.settings } });
    case 'enable':
      return state.stopped === undefined
        ? { kind: 'unchanged' }
        : append({ type: 'WebhookEnabled', data: {} });
    case 'disable':
      return state.stopped === undefined
        ? append({ type: 'WebhookDisabled', data: disabling(change) })
        : { kind: 'unchanged' };
    case 'rotate': {
      const { keyId, previousUntil } = change;
      const secret = nextSecret(state, keyId);
      return append({ type: 'WebhookSecretRotated', data: { secret, previousUntil } });
    }
    case 'replay':
      return append({ type: 'WebhookReplayAsked', data: { after: change.after } });
    case 'redeliver':
      return append({ type: 'WebhookRedeliveryAsked', data: { positions: change.positions } });
    case 'delete':
      return append({ type: 'WebhookDeleted', data: {} });
    default:
      return change satisfies never;
  }
}

/** Changes a webhook. @throws NOT_FOUND, and what `runCommand` throws */
export async function changeWebhook(
  commands: WebhookCommands,
  context: CommandContext,
  { id, change }: { readonly id: WebhookId; readonly change: WebhookChange },
): Promise<WebhookAnswer> {
  return await runCommand(commands.env, context, {
    kind: 'webhook',
    id,
    log: commands.log,
    source: commands.source,
    evolution: webhookEvolution,
    decide: (state) => decideChangeWebhook(state, id, change),
  });
}

/** Says that a scope has no such webhook. */
export function webhookNotFound(id: WebhookId): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find webhook ${quote(id)}: there is none in this tenant and environment (want the id of one: GET /registry/webhooks)`,
    { details: { id }, outcome: 'not-applied' },
  );
}

function nextSecret({ secret }: Present, keyId: string): WebhookSecret {
  return { generation: secret.generation + 1, keyId };
}

function disabling({ reason, detail }: Extract<WebhookChange, { readonly kind: 'disable' }>) {
  return detail === undefined ? { reason } : { reason, detail };
}

function isSo({ url, description, filter }: Present, settings: WebhookSettings): boolean {
  const now = { url, filter, ...(description === undefined ? {} : { description }) };
  return canonicalJson(now) === canonicalJson(settings);
}
