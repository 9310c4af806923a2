import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, runToExit } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import { checkScope, checkTarget } from '#cli/contract/contract-registry';
import { explain } from '#cli/manual/manual-command';
import {
  checkProfile,
  type Profile,
  parseProfileName,
  readProfiles,
  writeProfiles,
} from '#cli/profile/profile-file';
import { forgetToken, storeToken } from '#cli/profile/token-file';
import { checkToken } from '#cli/remote/bearer';

interface SetFlags {
  readonly url?: string;
  readonly tenant?: string;
  readonly environment?: string;
  readonly actor?: string;
  readonly tokenEnv?: string;
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly withoutToken?: boolean;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly ca?: string;
  readonly use?: boolean;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

const MANUAL = {
  about: `Makes a profile, or changes what is given of one that is there.

With --token-stdin the token is written to a file of its own that you alone may read, and "profile remove" removes it. A file
or a variable that you name is read each time it is needed, so what renews it needs to know nothing of profiles. ATLAS_TOKEN, where it
is set, goes before the token of a profile that was not named with --profile.`,
  examples: [
    'atlas-registry profile set local --url http://127.0.0.1:3001 --use',
    'atlas-registry profile set prod --url https://registry.example.com --tenant genomics --token-env PROD_TOKEN',
    'atlas-registry profile set prod --token-stdin < key.txt',
    'atlas-registry dataset list --profile prod',
  ],
  exits: { [EXIT.refused]: 'refused: the token of the profile is for the registry that it had' },
};

/** Adds `profile set`. */
export function addProfileSet(group: Command, host: CommandHost): void {
  const set = group
    .command('set')
    .description('Make or change a profile.')
    .argument('<name>', '1 to 63 letters, digits, ".", "_" and "-"')
    .option('--url <url>', 'the registry; a new profile needs it')
    .option('--tenant <tenant>', 'which tenant')
    .option('--environment <environment>', 'which of its environments')
    .option('--actor <name>', 'who does it, where nobody has to prove who they are')
    .option('--token-env <variable>', 'a variable that holds the token')
    .option('--token-file <file>', 'a file that holds the token')
    .option('--token-stdin', 'keep the token that standard input holds')
    .option('--without-token', 'forget where its token lies')
    .option('--client-cert <file>', 'the certificate to show, PEM')
    .option('--client-key <file>', 'its key, PEM')
    .option('--ca <file>', 'an authority to believe beside those of Node, PEM')
    .option('--use', 'use it from now on');
  explain(set, MANUAL).action(async (name: string, flags: SetFlags) =>
    runToExit(host, async (signal) => {
      parseProfileName(name);
      const { current, profiles } = readProfiles();
      const before = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
      if (before === undefined) refuseTwin(name, Object.keys(profiles));
      const changed = checkProfile(name, changedProfile(name, before, flags));
      const token = await tokenParts(name, flags, { host, signal });
      const { token_env: _env, token_file: _file, ...others } = changed;
      const profile = token === undefined ? changed : checkProfile(name, { ...others, ...token });
      const inUse = flags.use === true ? name : current;
      writeProfiles({
        ...(inUse === undefined ? {} : { current: inUse }),
        profiles: { ...profiles, [name]: profile },
      });
      // What the profile no longer names must not lie about.
      if (token !== undefined && flags.tokenStdin !== true) forgetToken(name);
      const next = inUse === name ? '' : `\nNext: atlas-registry profile use ${name}`;
      const verb = before === undefined ? 'made' : 'changed';
      host.out.write(`${printable(`Profile ${name} ${verb}: ${profile.url}`)}${next}\n`);
      return EXIT.ok;
    }),
  );
}

/** Puts what was given over what is there. @throws CommandFault for what cannot be used */
function changedProfile(name: string, before: Profile | undefined, flags: SetFlags): Profile {
  const { tenant, environment, actor, clientCert, clientKey, ca } = flags;
  const url = flags.url ?? before?.url;
  if (url === undefined) throw misused(name, 'it has no registry yet', '--url');
  checkTarget({ url, ...(actor === undefined ? {} : { actor }) });
  checkScope({ tenant, environment });
  const hasToken = before?.token_env !== undefined || before?.token_file !== undefined;
  const origin = before === undefined ? undefined : originOf(before.url);
  const isMoved = before !== undefined && origin !== new URL(url).origin;
  if (isMoved && hasToken && sourcesOf(flags).length === 0)
    throw new CommandFault(
      EXIT.refused,
      `Cannot change the registry of profile "${name}": its token is for ${origin ?? 'an address that is none'} (want a new one with it, or --without-token)`,
    );
  const given = {
    tenant,
    environment,
    actor,
    client_cert: fileOf(name, '--client-cert', clientCert),
    client_key: fileOf(name, '--client-key', clientKey),
    ca: fileOf(name, '--ca', ca),
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...before, url, ...Object.fromEntries(set) };
}

/** Finds out where the token lies, and keeps the one that was handed in; `undefined` where nothing was said of it. */
async function tokenParts(
  name: string,
  flags: SetFlags,
  { host, signal }: { readonly host: CommandHost; readonly signal: AbortSignal },
): Promise<Pick<Profile, 'token_env' | 'token_file'> | undefined> {
  const sources = sourcesOf(flags);
  if (sources.length > 1) throw misused(name, `${sources.join(' and ')} are given`, 'one of them');
  const { tokenEnv, tokenFile } = flags;
  if (tokenEnv !== undefined) {
    if (!VARIABLE.test(tokenEnv))
      throw misused(name, `${JSON.stringify(tokenEnv)} is no variable`, 'letters, digits and "_"');
    return { token_env: tokenEnv };
  }
  const file = fileOf(name, '--token-file', tokenFile);
  if (file !== undefined) return { token_file: file };
  if (flags.withoutToken === true) return {};
  if (flags.tokenStdin !== true) return undefined;
  // Whoever stands behind would read it, and so would whoever scrolls back.
  if (host.isTyped())
    throw misused(
      name,
      'standard input is a terminal, which shows a token',
      'a file or a pipe: --token-stdin < key.txt',
    );
  const token = Buffer.from(await host.readStandardInput(signal))
    .toString('utf8')
    .trim();
  return { token_file: storeToken(name, checkToken(token, 'what standard input holds')) };
}

/** An empty path would be the folder that the command was started in. */
function fileOf(name: string, flag: string, path: string | undefined): string | undefined {
  if (path === '') throw misused(name, `${flag} is empty`, 'a file');
  return path === undefined ? undefined : resolve(path);
}

/** The address may have been written by hand. */
function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Some file systems do not tell capitals from small letters: two profiles would have one token. */
function refuseTwin(name: string, others: readonly string[]): void {
  const twin = others.find((other) => other.toLowerCase() === name.toLowerCase());
  if (twin !== undefined)
    throw misused(name, `there is "${twin}"`, 'a name that differs in more than capitals');
}

function sourcesOf(flags: SetFlags): readonly string[] {
  const { tokenEnv, tokenFile, tokenStdin, withoutToken } = flags;
  const given = {
    '--token-env': tokenEnv,
    '--token-file': tokenFile,
    '--token-stdin': tokenStdin,
    '--without-token': withoutToken,
  };
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => flag);
}

function misused(name: string, is: string, want: string): CommandFault {
  return new CommandFault(EXIT.usage, `Cannot set profile "${name}": ${is} (want ${want})`);
}
