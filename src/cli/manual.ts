import { Argument, type Command } from 'commander';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { bashCompletion } from '#cli/manual/bash-completion';
import { type CommandNode, commandNodes } from '#cli/manual/command-tree';
import { fishCompletion } from '#cli/manual/fish-completion';
import { manPage } from '#cli/manual/man-page';
import { explain } from '#cli/manual/manual-command';
import { zshCompletion } from '#cli/manual/zsh-completion';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

const COMPLETIONS: Readonly<
  Record<Shell, (program: string, nodes: readonly CommandNode[]) => string>
> = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

const COMPLETION_MANUAL = {
  about:
    'Put it where your shell finds it, or load it at once. Made anew after an upgrade it knows what is new.',
  examples: [
    'source <(atlas-registry completion bash)',
    'atlas-registry completion bash > ~/.local/share/bash-completion/completions/atlas-registry',
    'source <(atlas-registry completion zsh)',
    'atlas-registry completion zsh > "${fpath[1]}/_atlas-registry"',
    'atlas-registry completion fish > ~/.config/fish/completions/atlas-registry.fish',
  ],
};

/** Adds `completion` and `man`: both are made from all other commands of the program. */
export function addManual(program: Command, host: CommandHost, version: string): void {
  const name = program.name();
  const completion = commandGroup(program, host, {
    name: 'completion',
    description: 'Print what completes the commands of this program in a shell.',
  }).addArgument(new Argument('<shell>', 'which shell').choices(SHELLS));
  explain(completion, COMPLETION_MANUAL).action((shell: Shell) => {
    host.out.write(COMPLETIONS[shell](name, commandNodes(program)));
  });
  const man = commandGroup(program, host, {
    name: 'man',
    description: 'Print the manual page of this program.',
  });
  explain(man, { examples: ['atlas-registry man | man -l -'] }).action(() => {
    host.out.write(manPage(commandNodes(program), { program: name, version }));
  });
}
