import { append, type Decision, reject } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import {
  type ApiKeyEvent,
  type ApiKeyGrant,
  type ApiKeyId,
  type ApiKeyState,
  apiKeyEvolution,
} from '#domain/api-key';
import { quote, RegistryError } from '#domain/errors';
import type { EventLog } from '#log/event-log';

/** What commands about API keys need. */
export interface ApiKeyCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<ApiKeyState>;
}

/** A new key. Its id follows from the command, so that a retry finds it. */
export interface IssueApiKey {
  readonly id: ApiKeyId;
  readonly grant: ApiKeyGrant;
}

/** Decides to issue a key: an id is used once. */
export function decideIssueApiKey(
  state: ApiKeyState,
  { id, grant }: IssueApiKey,
): Decision<ApiKeyEvent> {
  if (state === undefined) return append({ type: 'ApiKeyIssued', data: { ...grant } });
  return reject(
    new RegistryError(
      'VERSION_CONFLICT',
      `Cannot issue API key ${quote(id)}: there is one with that id (want another Idempotency-Key)`,
      { details: { id }, outcome: 'not-applied' },
    ),
  );
}

/** Issues a key. @throws VERSION_CONFLICT, and what `runCommand` throws */
export async function issueApiKey(
  commands: ApiKeyCommands,
  context: CommandContext,
  command: IssueApiKey,
): Promise<CommandAnswer<ApiKeyState, ApiKeyEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'api-key',
    id: command.id,
    log: commands.log,
    source: commands.source,
    evolution: apiKeyEvolution,
    decide: (state) => decideIssueApiKey(state, command),
  });
}
