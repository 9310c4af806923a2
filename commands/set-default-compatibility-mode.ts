import { append, type Decision } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import type { CompatibilityMode } from '#domain/contract-gate';
import {
  CONTRACT_POLICY_ID,
  type ContractPolicyEvent,
  type ContractPolicyState,
  contractPolicyEvolution,
} from '#domain/contract-policy';
import type { EventLog } from '#log/event-log';

/** What commands about the policy of a scope need. */
export interface ContractPolicyCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<ContractPolicyState>;
}

/** The mode that the contracts of a scope are to have that have none of their own. */
export interface SetDefaultCompatibilityMode {
  /** `undefined`: that of the registry again. */
  readonly mode: CompatibilityMode | undefined;
}

/** Decides the mode of a scope: the last word counts, and the same again changes nothing. */
export function decideSetDefaultCompatibilityMode(
  state: ContractPolicyState,
  { mode }: SetDefaultCompatibilityMode,
): Decision<ContractPolicyEvent> {
  if (state.defaultMode === mode) return { kind: 'unchanged' };
  return append({ type: 'DefaultCompatibilityModeSet', data: { mode: mode ?? null } });
}

/** Carries out a change of the mode of a scope. @throws what `runCommand` throws */
export async function setDefaultCompatibilityMode(
  commands: ContractPolicyCommands,
  context: CommandContext,
  command: SetDefaultCompatibilityMode,
): Promise<CommandAnswer<ContractPolicyState, ContractPolicyEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'contract-policy',
    id: CONTRACT_POLICY_ID,
    log: commands.log,
    source: commands.source,
    evolution: contractPolicyEvolution,
    decide: (state) => decideSetDefaultCompatibilityMode(state, command),
  });
}
