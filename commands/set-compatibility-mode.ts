import { append, type Decision } from '#commands/decision';
import type { ContractCommands } from '#commands/publish-contract';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import { type ContractEvent, type ContractState, contractEvolution } from '#domain/contract';
import type { CompatibilityMode } from '#domain/contract-gate';
import type { ContractName } from '#domain/contract-name';

/** The mode that a contract is to have. It may be set before the first version comes. */
export interface SetCompatibilityMode {
  readonly name: ContractName;
  /** `undefined`: that of its scope again. */
  readonly mode: CompatibilityMode | undefined;
}

/** Decides the mode of a contract: the last word counts, and the same again changes nothing. */
export function decideSetCompatibilityMode(
  state: ContractState,
  { mode }: Pick<SetCompatibilityMode, 'mode'>,
): Decision<ContractEvent> {
  if (state.mode === mode) return { kind: 'unchanged' };
  return append({ type: 'CompatibilityModeSet', data: { mode: mode ?? null } });
}

/** Carries out a change of mode. @throws what `runCommand` throws */
export async function setCompatibilityMode(
  commands: Pick<ContractCommands, 'env' | 'log' | 'source'>,
  context: CommandContext,
  command: SetCompatibilityMode,
): Promise<CommandAnswer<ContractState, ContractEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'contract',
    id: command.name,
    log: commands.log,
    source: commands.source,
    evolution: contractEvolution,
    decide: (state) => decideSetCompatibilityMode(state, command),
  });
}
