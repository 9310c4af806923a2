import { Command, type Help } from 'commander';
import { ManualHelp, type ManualParts } from '#cli/manual/manual-help';

/** A command whose help is a page of a manual. Those under it are such commands too. */
export class ManualCommand extends Command {
  manual: ManualParts = {};

  override createCommand(name?: string): ManualCommand {
    return new ManualCommand(name);
  }

  override createHelp(): Help {
    return Object.assign(new ManualHelp(this.manual), this.configureHelp());
  }
}

/** Adds to what the manual says of a command, and gives the command back. */
export function explain(command: Command, parts: ManualParts): Command {
  if (!(command instanceof ManualCommand))
    throw new TypeError(`Cannot explain command "${command.name()}": it has no manual`);
  command.manual = { ...command.manual, ...parts };
  return command;
}
