import { variable } from '#cli/command/environment';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import type { RegistryTarget } from '#cli/contract/contract-registry';
import {
  type Credentials,
  environmentCredentials,
  profileCredentials,
} from '#cli/profile/credentials';
import { type Profile, readProfiles } from '#cli/profile/profile-file';

/** What was said on the command line of a registry. */
export interface TargetChoice {
  readonly profile?: string | undefined;
  readonly url?: string | undefined;
  readonly tenant?: string | undefined;
  readonly environment?: string | undefined;
  readonly actor?: string | undefined;
}

/** The registry that is meant, and how its requests are sent. */
export interface ChosenTarget extends RegistryTarget {
  readonly credentials: Credentials;
  /** Absent where no profile counts. */
  readonly profile?: string | undefined;
}

const URL_DEFAULT = 'http://127.0.0.1:3001';
const SCOPE_DEFAULT = { tenant: 'default', environment: 'dev' } as const;

/** Names the scope for what has to name it itself, such as a signed release: what nobody says is that of a registry of this machine. */
export function scopeByName({
  tenant = SCOPE_DEFAULT.tenant,
  environment = SCOPE_DEFAULT.environment,
}: Pick<RegistryTarget, 'tenant' | 'environment'>): {
  readonly tenant: string;
  readonly environment: string;
} {
  return { tenant, environment };
}

/**
 * Finds the registry that a command speaks to: what its options say, else the profile, else the registry of this machine.
 * `--url` leaves profiles aside, so that no token goes anywhere but to the registry that it is for.
 * @throws CommandFault for a profile that is not there, or for two answers to the same question
 */
export function chooseTarget(choice: TargetChoice): ChosenTarget {
  const { url, profile: named } = choice;
  if (url !== undefined && named !== undefined)
    throw new CommandFault(
      EXIT.usage,
      `Cannot use --url with --profile ${JSON.stringify(named)}: a profile has its own registry (want one of them)`,
    );
  const found = url === undefined ? findProfile(named) : undefined;
  const from = found?.profile;
  const actor = choice.actor ?? from?.actor;
  return {
    url: url ?? from?.url ?? URL_DEFAULT,
    // Where nobody names them, those of the token count: the registry knows them.
    tenant: choice.tenant ?? from?.tenant,
    environment: choice.environment ?? from?.environment,
    ...(actor === undefined ? {} : { actor }),
    credentials:
      found === undefined
        ? environmentCredentials()
        : profileCredentials(found.name, found.profile, { isNamed: named !== undefined }),
    profile: found?.name,
  };
}

/** Finds the profile that counts: the named one, that of `ATLAS_PROFILE`, the current one, or none. */
function findProfile(
  named: string | undefined,
): { readonly name: string; readonly profile: Profile } | undefined {
  const ofEnvironment = variable('ATLAS_PROFILE');
  const isOptional = named === undefined && ofEnvironment === undefined;
  const { current, profiles } = readProfiles({ isOptional });
  const name = named ?? ofEnvironment ?? current;
  if (name === undefined) return undefined;
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile !== undefined) return { name, profile };
  const by = named === undefined && ofEnvironment !== undefined ? ' of ATLAS_PROFILE' : '';
  throw new CommandFault(
    EXIT.usage,
    `Cannot use profile ${JSON.stringify(name)}${by}: there is none (want one that "atlas-registry profile list" shows)`,
  );
}
