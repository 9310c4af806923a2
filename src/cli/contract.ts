import type { Command } from 'commander';
import { addBundleCommands } from '#cli/bundle/bundle-commands';
import { commandGroup } from '#cli/contract/command-group';
import type { CommandHost } from '#cli/contract/command-host';
import { EXIT_CODES_HELP } from '#cli/contract/exit-code';
import { addJudgeCommand } from '#cli/contract/judge-command';
import { addLifecycleCommands } from '#cli/contract/lifecycle-commands';
import { addReadCommands } from '#cli/contract/read-commands';

/** Adds `contract` and everything under it to the program. */
export function addContract(program: Command, host: CommandHost): void {
  const description = 'Check, publish and release contracts, in pipelines above all.';
  const group = commandGroup(program, host, { name: 'contract', description });
  addJudgeCommand(group, 'check', host);
  addJudgeCommand(group, 'publish', host);
  addReadCommands(group, host);
  addLifecycleCommands(group, host);
  addBundleCommands(group, host);
  addExitCodes(group);
}

function addExitCodes(command: Command): void {
  command.addHelpText('after', EXIT_CODES_HELP);
  for (const below of command.commands) addExitCodes(below);
}
