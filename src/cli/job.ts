import type { Command } from 'commander';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { addJobReads } from '#cli/job/read-commands';
import { addJobWrites } from '#cli/job/write-commands';
import { explain } from '#cli/manual/manual-command';

/** Adds `job` and everything under it to the program. */
export function addJob(program: Command, host: CommandHost): void {
  const description = 'Define jobs, run them and watch their runs.';
  const group = commandGroup(program, host, { name: 'job', description });
  addJobWrites(group, host);
  addJobReads(group, host);
  explain(group, { seeAlso: ['docs/jobs.md'] });
}
