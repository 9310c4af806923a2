import type { Command } from 'commander';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT } from '#cli/command/exit-code';

/** Adds a group of commands that write to their host and end with its exit codes. */
export function commandGroup(
  program: Command,
  host: CommandHost,
  { name, description }: { readonly name: string; readonly description: string },
): Command {
  // Both are handed down to every command under it.
  return program
    .command(name)
    .description(description)
    .exitOverride(({ exitCode }) => host.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .configureOutput({
      writeOut: (text) => void host.out.write(text),
      writeErr: (text) => void host.err.write(text),
    });
}
