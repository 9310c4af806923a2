import type { Command } from 'commander';
import { addCacheStatus } from '#cli/cache/status-command';
import { addCacheUpkeep } from '#cli/cache/upkeep-commands';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { explain } from '#cli/manual/manual-command';

/** Adds `cache status`, `cache verify` and `cache evict` to the program. */
export function addCache(program: Command, host: CommandHost): void {
  const description = 'Look after the dataset cache of a registry that runs.';
  const group = commandGroup(program, host, { name: 'cache', description });
  explain(group, { seeAlso: ['docs/caching.md'] });
  addCacheStatus(group);
  addCacheUpkeep(group, host);
}
