import type { Command } from 'commander';
import { addBundleCommands } from '#cli/bundle/bundle-commands';
import type { CommandHost } from '#cli/contract/command-host';
import { EXIT, EXIT_CODES_HELP } from '#cli/contract/exit-code';
import { addJudgeCommand } from '#cli/contract/judge-command';
import { addLifecycleCommands } from '#cli/contract/lifecycle-commands';
import { addReadCommands } from '#cli/contract/read-commands';

/** Adds `contract` and everything under it to the program. */
export function addContract(program: Command, host: CommandHost): void {
  const group = program
    .command('contract')
    .description('Check, publish and release contracts, in pipelines above all.')
    // Both are handed down to every command under it.
    .exitOverride(({ exitCode }) => host.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .configureOutput({
      writeOut: (text) => void host.out.write(text),
      writeErr: (text) => void host.err.write(text),
    });
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
