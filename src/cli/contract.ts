import type { Command } from 'commander';
import { addBundleCommands } from '#cli/bundle/bundle-commands';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { addJudgeCommand } from '#cli/contract/judge-command';
import { addLifecycleCommands } from '#cli/contract/lifecycle-commands';
import { addReadCommands } from '#cli/contract/read-commands';
import { explain } from '#cli/manual/manual-command';

/** Adds `contract` and everything under it to the program. */
export function addContract(program: Command, host: CommandHost): void {
  const description = 'Check, publish and release contracts, in pipelines above all.';
  const group = commandGroup(program, host, { name: 'contract', description });
  addJudgeCommand(group, 'check', host);
  addJudgeCommand(group, 'publish', host);
  addReadCommands(group, host);
  addLifecycleCommands(group, host);
  addBundleCommands(group, host);
  explain(group, { seeAlso: ['docs/contracts.md', 'docs/contracts-ci.md'] });
}
