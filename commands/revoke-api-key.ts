import { append, type Decision, reject } from '#commands/decision';
import type { ApiKeyCommands } from '#commands/issue-api-key';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import {
  type ApiKeyEvent,
  type ApiKeyId,
  type ApiKeyState,
  apiKeyEvolution,
} from '#domain/api-key';
import { quote, RegistryError } from '#domain/errors';

/** Takes a key back, for good. */
export interface RevokeApiKey {
  readonly id: ApiKeyId;
  /** For whoever looks for it later. */
  readonly reason?: string;
}

/** Decides a revocation. Revoking twice changes nothing. */
export function decideRevokeApiKey(
  state: ApiKeyState,
  { id, reason }: RevokeApiKey,
): Decision<ApiKeyEvent> {
  if (state === undefined) return reject(apiKeyNotFound(id));
  if (state.revokedAt !== undefined) return { kind: 'unchanged' };
  return append({ type: 'ApiKeyRevoked', data: reason === undefined ? {} : { reason } });
}

/** Revokes a key. @throws NOT_FOUND, and what `runCommand` throws */
export async function revokeApiKey(
  commands: ApiKeyCommands,
  context: CommandContext,
  command: RevokeApiKey,
): Promise<CommandAnswer<ApiKeyState, ApiKeyEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'api-key',
    id: command.id,
    log: commands.log,
    source: commands.source,
    evolution: apiKeyEvolution,
    decide: (state) => decideRevokeApiKey(state, command),
  });
}

/** Says that a scope has no such key. */
export function apiKeyNotFound(id: ApiKeyId): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find API key ${quote(id)}: there is none in this tenant and environment (want the id of one: GET /registry/api-keys)`,
    { details: { id }, outcome: 'not-applied' },
  );
}
