import { Command } from 'commander';
import { type StartRegistry, serve } from '#cli/serve';

export interface ProgramOptions {
  /** The folder of the package. */
  readonly root: string;
  readonly version: string;
  readonly startRegistry: StartRegistry;
}

/** Builds the `atlas-registry` command. */
export function buildProgram({ root, version, startRegistry }: ProgramOptions): Command {
  const program = new Command('atlas-registry')
    .description('An event-sourced registry for datasets, contracts and jobs.')
    .version(version);
  program
    .command('serve', { isDefault: true })
    .description(
      'Start a registry in this process. Settings come from the environment, see the README.',
    )
    .option('--examples', 'load the bundled example data first, if it is not there')
    .action(async (options: { examples?: boolean }) => {
      await serve({ root, version, startRegistry, examples: options.examples === true });
    });
  return program;
}
