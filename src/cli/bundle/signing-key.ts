import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { sha256Hex } from '#cli/bundle/release-format';
import { CommandFault, EXIT } from '#cli/command/exit-code';

/** A public key, and the name that manifests know it by. */
export interface VerifyingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** A private key and its public half. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly verifying: VerifyingKey;
}

const ID_LENGTH = 32;
const SIGNATURE = /^[A-Za-z0-9+/]{86}==\n$/;
/** Nobody but the owner reads a private key. */
const PRIVATE_MODE = 0o600;

/** Signs bytes with Ed25519; gives the signature as the text of `manifest.sig`. */
export function signBytes(bytes: Uint8Array, { key }: SigningKey): string {
  return `${sign(null, bytes, key).toString('base64')}\n`;
}

/** Finds the key that signed bytes. A text that is no canonical base64 of a signature was made by none. */
export function signerOf(
  bytes: Uint8Array,
  signature: string,
  keys: readonly VerifyingKey[],
): VerifyingKey | undefined {
  const raw = Buffer.from(signature, 'base64');
  // The last digit has bits to spare: with others in them the same signature would have sixteen texts.
  if (!SIGNATURE.test(signature) || `${raw.toString('base64')}\n` !== signature) return undefined;
  return keys.find(({ key }) => verify(null, bytes, key, raw));
}

/** Reads a private key from a PEM file. @throws CommandFault when it is none, or not of Ed25519 */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const key = await readKey(path, createPrivateKey);
  return { key, verifying: verifyingKey(createPublicKey(key)) };
}

/** Reads public keys from PEM files. @throws CommandFault when one is none, or not of Ed25519 */
export async function readVerifyingKeys(
  paths: readonly string[],
): Promise<readonly VerifyingKey[]> {
  return await Promise.all(
    paths.map(async (path) =>
      verifyingKey(
        await readKey(path, (pem) => {
          // Node would take the public half of a private key, and nobody would see that it lies about.
          if (pem.includes('PRIVATE KEY')) throw new Error('it is a private key');
          return createPublicKey(pem);
        }),
      ),
    ),
  );
}

/**
 * Makes a key pair: the private key in a file that its owner alone may read, the public one beside it.
 * @throws CommandFault when one of the files is there already: keys are never overwritten
 */
export async function makeKeyPair(
  path: string,
): Promise<VerifyingKey & { readonly publicPath: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicPath = `${path.replace(/\.pem$/, '')}.pub.pem`;
  const write = async (to: string, pem: string | Buffer, mode: number): Promise<void> =>
    writeFile(to, pem, { flag: 'wx', mode }).catch((error: unknown) => {
      const is = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new CommandFault(
        EXIT.usage,
        `Cannot write key ${JSON.stringify(to)}: ${is} (want a file that is not there yet)`,
      );
    });
  await write(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), PRIVATE_MODE);
  try {
    await write(publicPath, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  } catch (error) {
    await rm(path);
    throw error;
  }
  return { ...verifyingKey(publicKey), publicPath };
}

function verifyingKey(key: KeyObject): VerifyingKey {
  const der = key.export({ type: 'spki', format: 'der' });
  return { id: `ed25519:${sha256Hex(der).slice(0, ID_LENGTH)}`, key };
}

async function readKey(path: string, parse: (pem: string) => KeyObject): Promise<KeyObject> {
  const refuse = (is: string): CommandFault =>
    new CommandFault(
      EXIT.usage,
      `Cannot read key ${JSON.stringify(path)}: ${is} (want a PEM file with a key of Ed25519)`,
    );
  let key: KeyObject;
  try {
    key = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  if (key.asymmetricKeyType !== 'ed25519') throw refuse(`it is of ${key.asymmetricKeyType}`);
  return key;
}
