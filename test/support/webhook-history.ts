import { changeWebhook, type WebhookChange } from '#commands/change-webhook';
import { createWebhook } from '#commands/create-webhook';
import type { CommandContext, CommandEnvironment } from '#commands/run-command';
import type { CommandId } from '#domain/event';
import { START, toPosition } from '#domain/position';
import { webhookEvolution, webhookIdOf } from '#domain/webhook';
import type { EventLog } from '#log/event-log';
import { freshSource } from '#test/support/command-env';
import type { Seeded } from '#test/support/seed';

const CHANGES: readonly [WebhookChange, ...WebhookChange[]] = [
  { kind: 'settings', settings: { url: 'https://b.example/hook', filter: { namePrefix: 'a' } } },
  { kind: 'disable', reason: 'gone', detail: 'HTTP 410' },
  { kind: 'enable' },
  { kind: 'rotate', keyId: 'k', previousUntil: '2030-01-01T00:00:00.000Z' },
  { kind: 'replay', after: START },
  { kind: 'redeliver', positions: [toPosition(3)] },
  { kind: 'delete' },
];

/** Creates a webhook or changes one; few ids, so that they meet. */
export async function webhookStep(
  { env, log }: { readonly env: CommandEnvironment; readonly log: EventLog },
  context: CommandContext,
  random: Seeded,
): Promise<void> {
  const commands = { env, log, source: freshSource(log, 'webhook', webhookEvolution) };
  const id = webhookIdOf(context.scope, String(random.int(3)) as CommandId);
  if (random.int(3) > 0) {
    await changeWebhook(commands, context, { id, change: random.pick(CHANGES) });
    return;
  }
  const settings = { url: 'https://a.example/hook', filter: {} };
  const secret = { generation: 1, keyId: 'k' };
  const created = { settings, stream: 'registry', after: START, secret } as const;
  await createWebhook(commands, context, { id, created });
}
