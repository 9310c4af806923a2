import type { Command } from 'commander';
import { EXIT, exitCodeHere } from '#cli/command/exit-code';
import { readSettings } from '#cli/command/settings';
import { explain } from '#cli/manual/manual-command';
import type { Config } from '#ops/config/settings';

/** Makes what the nodes of a registry need in NATS and gives the names; the composition root hands it in. */
export type Provision = (config: Config) => Promise<readonly string[]>;

/** Adds `provision`: it makes streams and bucket, so that no node needs to be allowed to. */
export function addProvision(program: Command, provision: Provision): void {
  const command = program
    .command('provision')
    .description(
      'Make the streams and the bucket in NATS that are not there, and check those that are.',
    );
  explain(command, {
    about:
      'Settings come from the environment, as for "serve". With this done once, no node needs to be allowed to make streams.',
    examples: ['NATS_URL=nats://nats-1:4222 atlas-registry provision'],
    exits: {
      [EXIT.refused]: 'something is there that is not as it must be: the message says what',
    },
    seeAlso: ['docs/security.md'],
  }).action(async () => {
    try {
      const names = await provision(readSettings());
      process.stdout.write(`Provisioned ${names.join(', ')}\n`);
      process.exit(EXIT.ok);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(exitCodeHere(error, EXIT.refused));
    }
  });
}
