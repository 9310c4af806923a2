import { Argument, type Command } from 'commander';
import { commandGroup } from '#cli/contract/command-group';
import type { CommandHost } from '#cli/contract/command-host';
import { bashCompletion } from '#cli/manual/bash-completion';
import { commandNodes } from '#cli/manual/command-tree';
import { manPage } from '#cli/manual/man-page';

const COMPLETION_HELP = `
Put it where bash finds it, or load it at once:
  source <(atlas-registry completion bash)
  atlas-registry completion bash > ~/.local/share/bash-completion/completions/atlas-registry`;

const MAN_HELP = `
Example:
  atlas-registry man | man -l -`;

/** Adds `completion` and `man`: both are made from all other commands of the program. */
export function addManual(program: Command, host: CommandHost, version: string): void {
  const name = program.name();
  commandGroup(program, host, {
    name: 'completion',
    description: 'Print what completes the commands of this program in a shell.',
  })
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash']))
    .addHelpText('after', COMPLETION_HELP)
    .action(() => void host.out.write(bashCompletion(name, commandNodes(program))));
  commandGroup(program, host, {
    name: 'man',
    description: 'Print the manual page of this program.',
  })
    .addHelpText('after', MAN_HELP)
    .action(() => void host.out.write(manPage(commandNodes(program), { program: name, version })));
}
