import { readFileSync } from 'node:fs';
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from 'nats';
import { quote, RegistryError } from '#domain/errors';

/** Files that say who this process is. At most one of them. */
export interface NatsCredentials {
  /** A credentials file: a JWT and its seed. */
  readonly credsPath?: string | undefined;
  /** A file with the seed of a user's key. */
  readonly nkeyPath?: string | undefined;
}

type Parse = (content: Buffer) => Authenticator;

const USER_SEED = /\bSU[A-Z2-7]{56}\b/;

/**
 * Makes what proves to NATS who this process is. The file is read again for every connection; while it cannot be used, what
 * it held before counts.
 * @throws CANNOT_START when it cannot be used at first
 */
export function natsAuthenticator(credentials: NatsCredentials): Authenticator | undefined {
  const { credsPath, nkeyPath } = credentials;
  if (credsPath !== undefined)
    return rereading(credsPath, credsAuthenticator, {
      noun: 'credentials',
      want: 'a .creds file: check NATS_CREDS_PATH',
    });
  if (nkeyPath === undefined) return undefined;
  return rereading(nkeyPath, nkeyFrom, {
    noun: 'key',
    want: "a file with the seed of a user's key, SU...: check NATS_NKEY_PATH",
  });
}

function nkeyFrom(content: Buffer): Authenticator {
  const seed = USER_SEED.exec(content.toString('latin1'))?.[0];
  if (seed === undefined) throw new Error('it holds no seed of a user');
  return nkeyAuthenticator(Buffer.from(seed));
}

function rereading(
  path: string,
  parse: Parse,
  { noun, want }: { readonly noun: string; readonly want: string },
): Authenticator {
  const read = (): Authenticator => {
    const authenticator = parse(readFileSync(path));
    // Whatever is wrong with it shows when it signs.
    authenticator('nonce');
    return authenticator;
  };
  let last: Authenticator;
  try {
    last = read();
  } catch (error) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot read NATS ${noun} ${quote(path)}: ${error instanceof Error ? error.message : String(error)} (want ${want})`,
      { cause: error },
    );
  }
  return (nonce) => {
    try {
      last = read();
    } catch {
      // The client gives a connection up for good when this throws, and the file may be half-written.
    }
    return last(nonce);
  };
}
