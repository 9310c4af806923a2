import type { Command } from 'commander';
import { explain } from '#cli/manual/manual-command';

/** The variables that commands look at; settings of a registry are another list. */
const ENVIRONMENT = [
  ['ATLAS_TOKEN', 'The token or API key that commands send.'],
  ['ATLAS_PROFILE', 'The profile that commands take where none is named.'],
  [
    'ATLAS_CLIENT_CERT, ATLAS_CLIENT_KEY',
    'The certificate that commands show to a registry that asks for one.',
  ],
  ['NODE_EXTRA_CA_CERTS', 'A file with authorities that commands believe too.'],
  ['XDG_CONFIG_HOME', 'The folder under which profiles lie (default: ~/.config).'],
  ['NO_COLOR', 'Turns colours off.'],
] as const;

/** Adds the manual of the program itself. */
export function explainProgram(program: Command): void {
  explain(program, {
    about: `Starts a registry, and works with one that runs, here or elsewhere. Without a command it is "serve".

Commands that speak to a registry take --profile or --url, --tenant and --environment, and --json for machines. Errors go to standard
error and say the next step. On a terminal tables are cut to its width.`,
    environment: ENVIRONMENT,
    examples: [
      'atlas-registry serve --examples',
      'atlas-registry dataset list',
      'atlas-registry events watch --from 1',
      'atlas-registry profile set prod --url https://registry.example.com --token-env PROD_TOKEN --use',
    ],
    seeAlso: ['README.md', 'docs/client.md'],
  });
}
