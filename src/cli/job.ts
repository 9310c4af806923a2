import type { Command } from 'commander';
import { commandGroup } from '#cli/contract/command-group';
import type { CommandHost } from '#cli/contract/command-host';
import { EXIT_CODES_HELP } from '#cli/contract/exit-code';
import { addJobReads } from '#cli/job/read-commands';
import { addJobWrites } from '#cli/job/write-commands';

/** Adds `job` and everything under it to the program. */
export function addJob(program: Command, host: CommandHost): void {
  const description = 'Define jobs, run them and watch their runs.';
  const group = commandGroup(program, host, { name: 'job', description });
  addJobWrites(group, host);
  addJobReads(group, host);
  for (const command of [group, ...group.commands]) command.addHelpText('after', EXIT_CODES_HELP);
}
