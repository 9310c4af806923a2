import type { Command } from 'commander';

/** One command as its users see it. */
export interface CommandNode {
  /** The words that name it, such as `dataset list`; empty for the program. */
  readonly path: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** The names of the commands under it. */
  readonly commands: readonly string[];
  /** What it prints for `--help`, 80 characters wide. */
  readonly help: string;
}

/** One option of a command. */
export interface OptionNode {
  readonly long: string;
  readonly takesValue: boolean;
  /** The only values that it takes; empty where it takes any. */
  readonly choices: readonly string[];
}

const WIDTH = 80;

/** Lists a program and all commands under it, in their order, as commander knows them. */
export function commandNodes(command: Command, above: readonly string[] = []): CommandNode[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const options = help.visibleOptions(command).flatMap((option) => {
    const { long, required, optional, argChoices: choices = [] } = option;
    const takesValue = required || optional;
    return long === undefined ? [] : [{ long, takesValue, choices }];
  });
  const node: CommandNode = {
    path: above.join(' '),
    description: command.description(),
    options,
    commands: below.map((one) => one.name()),
    help: helpOf(command),
  };
  return [node, ...below.flatMap((one) => commandNodes(one, [...above, one.name()]))];
}

/** What a command would print. Nothing else is printed by it afterwards. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
