import type { Command } from 'commander';

/** One command as its users see it. */
export interface CommandNode {
  /** The words that name it, such as `dataset list`; empty for the program. */
  readonly path: string;
  /** One sentence. */
  readonly description: string;
  readonly arguments: readonly ArgumentNode[];
  readonly options: readonly OptionNode[];
  /** The commands under it. */
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  /** What it prints for `--help`, 80 characters wide. */
  readonly help: string;
}

/** One argument of a command. */
export interface ArgumentNode {
  readonly name: string;
  readonly isRequired: boolean;
  /** The only values that it takes; empty where it takes any. */
  readonly choices: readonly string[];
}

/** One option of a command. */
export interface OptionNode {
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Whether its value names a file or a folder. */
  readonly takesPath: boolean;
  /** The only values that it takes; empty where it takes any. */
  readonly choices: readonly string[];
}

const WIDTH = 80;
const PATH_VALUE = /<(file|folder|path|key=path)>/;

/** Lists a program and all commands under it, in their order, as commander knows them. */
export function commandNodes(command: Command, above: readonly string[] = []): CommandNode[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const options = help.visibleOptions(command).flatMap((option): OptionNode[] => {
    const { long, flags, description, required, optional, argChoices: choices = [] } = option;
    const takesValue = required || optional;
    const takesPath = PATH_VALUE.test(flags);
    return long === undefined ? [] : [{ long, description, takesValue, takesPath, choices }];
  });
  const node: CommandNode = {
    path: above.join(' '),
    description: command.description(),
    arguments: command.registeredArguments.map((one) => ({
      name: one.name(),
      isRequired: one.required,
      choices: one.argChoices ?? [],
    })),
    options,
    commands: below.map((one) => ({ name: one.name(), description: one.description() })),
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
