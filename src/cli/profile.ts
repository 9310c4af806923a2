import type { Command } from 'commander';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, runToExit } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import { explain } from '#cli/manual/manual-command';
import {
  type Profile,
  parseProfileName,
  profilePath,
  readProfiles,
  writeProfiles,
} from '#cli/profile/profile-file';
import { addProfileSet } from '#cli/profile/set-command';
import { forgetToken } from '#cli/profile/token-file';
import { writeTable } from '#cli/remote/table';

const MANUAL = {
  about: `A profile is a registry as you reach it: its address, the tenant and environment, and where its token lies. Commands take
the one that --profile names, else that of ATLAS_PROFILE, else the one in use; --url leaves all of them aside.

Profiles lie in atlas-registry/profiles.json of your configuration folder (XDG_CONFIG_HOME, else ~/.config) and hold no secret: a
token is a variable or a file that the profile names.`,
  seeAlso: ['atlas-registry token'],
};

/** Adds `profile list`, `profile set`, `profile use` and `profile remove` to the program. */
export function addProfile(program: Command, host: CommandHost): void {
  const description = 'Keep the registries that you work with, and choose one.';
  const group = explain(commandGroup(program, host, { name: 'profile', description }), MANUAL);
  addList(group, host);
  addProfileSet(group, host);
  addUse(group, host);
  addRemove(group, host);
}

function addList(group: Command, host: CommandHost): void {
  const list = group
    .command('list')
    .description('List the profiles; a star marks the one in use.')
    .option('--json', 'print JSON for machines');
  explain(list, { examples: ['atlas-registry profile list'] });
  list.action(async ({ json }: { readonly json?: boolean }) =>
    runToExit(host, async () => {
      const { current, profiles } = readProfiles();
      const all = Object.entries(profiles).toSorted(([a], [b]) => (a < b ? -1 : 1));
      if (json === true) {
        const shown = all.map(([name, profile]) => ({
          name,
          in_use: name === current,
          ...profile,
        }));
        host.out.write(`${JSON.stringify({ path: profilePath(), profiles: shown })}\n`);
        return EXIT.ok;
      }
      const head = ['', 'NAME', 'URL', 'TENANT', 'ENVIRONMENT', 'TOKEN'];
      const rows = all.map(([name, profile]) => [
        name === current ? '*' : '',
        name,
        profile.url,
        profile.tenant ?? '-',
        profile.environment ?? '-',
        tokenText(profile),
      ]);
      const none = 'There are no profiles: see "atlas-registry profile set --help"\n';
      host.out.write(rows.length === 0 ? none : writeTable({ head, rows }, host));
      return EXIT.ok;
    }),
  );
}

function tokenText({ token_env: variable, token_file: file }: Profile): string {
  if (variable !== undefined) return `in ${variable}`;
  return file === undefined ? '-' : `in ${file}`;
}

function addUse(group: Command, host: CommandHost): void {
  const use = group
    .command('use')
    .description('Choose the profile that counts where none is named.')
    .argument('[name]', 'the profile')
    .option('--none', 'use no profile: the registry of this machine');
  explain(use, {
    examples: ['atlas-registry profile use prod', 'atlas-registry profile use --none'],
  });
  use.action(async (name: string | undefined, { none }: { readonly none?: boolean }) =>
    runToExit(host, async () => {
      if ((name === undefined) === (none !== true))
        throw new CommandFault(
          EXIT.usage,
          'Cannot tell which profile to use: a name or --none is missing, or both are given (want one of them)',
        );
      const { profiles } = readProfiles();
      if (name === undefined) {
        writeProfiles({ profiles });
        host.out.write('No profile is in use\n');
        return EXIT.ok;
      }
      find(profiles, name);
      writeProfiles({ current: name, profiles });
      host.out.write(printable(`Profile ${name} is in use: ${profiles[name]?.url}`) + '\n');
      return EXIT.ok;
    }),
  );
}

function addRemove(group: Command, host: CommandHost): void {
  const remove = group
    .command('remove')
    .description('Forget a profile, and the token that was kept for it.')
    .argument('<name>', 'the profile');
  explain(remove, {
    about:
      'A token in a variable or in a file of your own stays where it is. Nothing changes in the registry: "key revoke" does that.',
    examples: ['atlas-registry profile remove old'],
  });
  remove.action(async (name: string) =>
    runToExit(host, async () => {
      const { current, profiles } = readProfiles();
      find(profiles, name);
      const { [name]: _, ...rest } = profiles;
      const kept = current === undefined || current === name ? {} : { current };
      writeProfiles({ ...kept, profiles: rest });
      forgetToken(name);
      const was = current === name ? '; no profile is in use now' : '';
      host.out.write(`Profile ${name} removed${was}\n`);
      return EXIT.ok;
    }),
  );
}

function find(profiles: Readonly<Record<string, Profile>>, name: string): void {
  parseProfileName(name);
  if (Object.hasOwn(profiles, name)) return;
  throw new CommandFault(
    EXIT.refused,
    `Cannot find profile ${JSON.stringify(name)}: there is none (want one that "atlas-registry profile list" shows)`,
  );
}
