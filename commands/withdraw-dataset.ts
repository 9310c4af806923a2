import { append, type Decision, reject } from '#commands/decision';
import { datasetNotFound } from '#commands/publish-dataset';
import type { DatasetCommands } from '#commands/register-dataset';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import { type DatasetEvent, type DatasetState, datasetEvolution } from '#domain/dataset';
import type { DatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';

/** Takes a dataset out of the catalog. Its history and its artifact stay. */
export interface WithdrawDataset {
  readonly name: DatasetName;
  /** For whoever looks for it later. */
  readonly reason?: string;
}

/** Decides a withdrawal. Withdrawing twice changes nothing. */
export function decideWithdrawDataset(
  state: DatasetState,
  command: WithdrawDataset,
): Decision<DatasetEvent> {
  if (state === undefined) return reject(datasetNotFound('withdraw', command.name));
  switch (state.status) {
    case 'withdrawn':
      return { kind: 'unchanged' };
    case 'registered':
      return reject(
        new RegistryError(
          'ILLEGAL_TRANSITION',
          `Cannot withdraw dataset ${quote(command.name)}: its status is "registered" (want "published")`,
          { details: { name: command.name, status: state.status }, outcome: 'not-applied' },
        ),
      );
    case 'published': {
      const manifest = { ...state, status: 'withdrawn' as const };
      const { reason } = command;
      const data = reason === undefined ? { manifest } : { manifest, reason };
      return append({ type: 'DatasetWithdrawn', data });
    }
    default:
      return state.status satisfies never;
  }
}

/** Carries out a withdrawal. @throws NOT_FOUND, ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function withdrawDataset(
  commands: DatasetCommands,
  context: CommandContext,
  command: WithdrawDataset,
): Promise<CommandAnswer<DatasetState, DatasetEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'dataset',
    id: command.name,
    log: commands.log,
    source: commands.source,
    evolution: datasetEvolution,
    decide: (state) => decideWithdrawDataset(state, command),
  });
}
