import type { Command } from 'commander';
import { readSettings } from '#cli/settings';
import type { Config } from '#ops/config/settings';

/** Makes what the nodes of a registry need in NATS and gives the names; the composition root hands it in. */
export type Provision = (config: Config) => Promise<readonly string[]>;

/** Adds `provision`: it makes streams and bucket, so that no node needs to be allowed to. */
export function addProvision(program: Command, provision: Provision): void {
  program
    .command('provision')
    .description(
      'Make the streams and the bucket in NATS that are not there, and check those that are. Settings come from the environment.',
    )
    .action(async () => {
      try {
        const names = await provision(readSettings());
        process.stdout.write(`Provisioned ${names.join(', ')}\n`);
        process.exit(0);
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      }
    });
}
