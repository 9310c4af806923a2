import { readFileSync } from 'node:fs';
import { variable } from '#cli/command/environment';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import type { Profile } from '#cli/profile/profile-file';
import { isPrivate, isStoredToken } from '#cli/profile/token-file';
import { bearerToken, checkToken, hasToken } from '#cli/remote/bearer';
import { type PemFile, registryFetch, tlsFilesOfEnvironment } from '#cli/remote/registry-fetch';

/** Who a command says it is, and how it reaches a registry. */
export interface Credentials {
  /** Gives the bearer token, or none. @throws CommandFault for what is none */
  readonly token: () => string | undefined;
  /** Makes what sends requests. @throws CommandFault when a certificate cannot be used */
  readonly fetch: () => typeof globalThis.fetch;
  /** Names where the token comes from, for people; absent where there is none. */
  readonly tokenFrom: string | undefined;
}

const TOKEN_BYTES_MAX = 16_384;

/** Gives the credentials of the environment: `ATLAS_TOKEN`, `ATLAS_CLIENT_CERT` and `ATLAS_CLIENT_KEY`. */
export function environmentCredentials(): Credentials {
  return {
    token: bearerToken,
    fetch: () => registryFetch(tlsFilesOfEnvironment()),
    tokenFrom: hasToken() ? 'ATLAS_TOKEN' : undefined,
  };
}

/**
 * Gives the credentials of a profile. `ATLAS_TOKEN` stands in for its token, unless the profile was named on the command
 * line: a token for one registry must not go to another by accident.
 */
export function profileCredentials(
  name: string,
  profile: Profile,
  { isNamed }: { readonly isNamed: boolean },
): Credentials {
  const own = tokenOf(name, profile);
  const { token, tokenFrom } =
    own === undefined || (hasToken() && !isNamed) ? environmentCredentials() : own;
  return { token, tokenFrom, fetch: () => fetchOf(name, profile) };
}

function tokenOf(
  name: string,
  { token_env: tokenEnv, token_file: file }: Profile,
): Pick<Credentials, 'token' | 'tokenFrom'> | undefined {
  const of = `of profile "${name}"`;
  if (tokenEnv !== undefined)
    return {
      token: () => {
        const token = variable(tokenEnv);
        if (token !== undefined) return checkToken(token, `${tokenEnv} ${of}`);
        const is = `${tokenEnv} is not set`;
        throw new CommandFault(
          EXIT.usage,
          `Cannot use the token ${of}: ${is} (want a token in it)`,
        );
      },
      tokenFrom: `${tokenEnv}, ${of}`,
    };
  if (file === undefined) return undefined;
  return { token: () => readToken(file, of), tokenFrom: `${file}, ${of}` };
}

/** Reads a token anew each time: whoever renews it writes it there. */
function readToken(path: string, of: string): string {
  const refuse = (is: string, want: string, cause?: unknown): CommandFault =>
    new CommandFault(EXIT.usage, `Cannot use the token ${of}: ${is} (want ${want})`, { cause });
  if (isStoredToken(path) && !isPrivate(path))
    throw refuse(`others may read ${JSON.stringify(path)}`, 'mode 0600, and a new token');
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    throw refuse(is, 'a file with a token', error);
  }
  if (bytes.length > TOKEN_BYTES_MAX)
    throw refuse(`${JSON.stringify(path)} has ${bytes.length} bytes`, `at most ${TOKEN_BYTES_MAX}`);
  return checkToken(bytes.toString('utf8').trim(), `${JSON.stringify(path)} ${of}`);
}

function fetchOf(name: string, profile: Profile): typeof globalThis.fetch {
  const pem = (what: 'client_cert' | 'client_key' | 'ca'): PemFile | undefined => {
    const path = profile[what];
    return path === undefined ? undefined : { from: `${what} of profile "${name}"`, path };
  };
  const [cert, key, ca] = [pem('client_cert'), pem('client_key'), pem('ca')];
  const own =
    cert === undefined && key === undefined
      ? tlsFilesOfEnvironment()
      : { from: `client_cert and client_key of profile "${name}"`, cert, key };
  return registryFetch({ ...own, ca });
}
