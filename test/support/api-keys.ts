import { issueApiKey } from '#commands/issue-api-key';
import { revokeApiKey } from '#commands/revoke-api-key';
import type { CommandContext, CommandEnvironment } from '#commands/run-command';
import { type ApiKeyId, apiKeyEvolution } from '#domain/api-key';
import { sha256Of } from '#domain/digest';
import type { EventLog } from '#log/event-log';
import { freshSource } from '#test/support/command-env';
import type { Seeded } from '#test/support/seed';

/** Issues a key or revokes one; few ids, so that they meet. */
export async function apiKeyStep(
  { env, log }: { readonly env: CommandEnvironment; readonly log: EventLog },
  context: CommandContext,
  random: Seeded,
): Promise<void> {
  const commands = { env, log, source: freshSource(log, 'api-key', apiKeyEvolution) };
  const { tenant, environment } = context.scope;
  // An id belongs to one scope, as those that follow from commands do.
  const named = sha256Of(`${tenant}/${environment}/${random.int(3)}`);
  const id = named.replaceAll(/[0189]/g, 'x').slice(0, 16) as ApiKeyId;
  if (random.int(2) === 0) await revokeApiKey(commands, context, { id, reason: 'lost' });
  else {
    const expiresAt = '2030-01-01T00:00:00.000Z';
    const grant = { name: 'n', scopes: ['jobs:read'], expiresAt, secretHash: sha256Of('secret') };
    await issueApiKey(commands, context, { id, grant });
  }
}
