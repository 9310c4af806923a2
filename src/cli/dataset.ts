import type { Command } from 'commander';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { addDatasetQuery } from '#cli/dataset/query-command';
import { addDatasetReads } from '#cli/dataset/read-commands';
import { addDatasetWrites } from '#cli/dataset/write-commands';

/** Adds `dataset` and everything under it to the program. */
export function addDataset(program: Command, host: CommandHost): void {
  const description = 'Register, publish and read datasets.';
  const group = commandGroup(program, host, { name: 'dataset', description });
  addDatasetWrites(group, host);
  addDatasetReads(group, host);
  addDatasetQuery(group, host);
}
