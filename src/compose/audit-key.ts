import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote, RegistryError } from '#domain/errors';
import type { Config } from '#ops/config/settings';
import { type AnchorKey, keyIdOf } from '#projections/audit-anchors/anchor';

const OWN_KEY = 'audit-key.pem';
const OWN_PUBLIC_KEY = 'audit-key.pub.pem';
const PRIVATE_MODE = 0o600;

/** Gives the key that anchors are signed with, and makes one where none was named. @throws CANNOT_START */
export function openAuditKey({ auditKey }: Config, dataFolder: string): AnchorKey {
  const path = auditKey ?? join(dataFolder, OWN_KEY);
  const pem = readOrUndefined(path);
  if (pem === undefined && auditKey === undefined) return makeKey(dataFolder);
  const key = privateKeyOf(path, pem);
  return { id: keyIdOf(createPublicKey(key)), key };
}

/**
 * Gives the public keys that anchors may be signed with: those that were named, else that of this installation.
 * @throws CANNOT_START when there is none
 */
export function auditPublicKeys(
  { auditKey, dataDir }: Config,
  paths: readonly string[],
): readonly KeyObject[] {
  if (paths.length > 0) return paths.map(publicKeyOf);
  if (auditKey === undefined) return [publicKeyOf(join(dataDir, OWN_PUBLIC_KEY))];
  return [createPublicKey(privateKeyOf(auditKey, readOrUndefined(auditKey)))];
}

function makeKey(dataFolder: string): AnchorKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
  try {
    // The public half first: a start that is cut off between the two makes both anew.
    writeFileSync(join(dataFolder, OWN_PUBLIC_KEY), publicPem, { mode: 0o644 });
    writeFileSync(join(dataFolder, OWN_KEY), pem, { flag: 'wx', mode: PRIVATE_MODE, flush: true });
  } catch (cause) {
    throw unusable(join(dataFolder, OWN_KEY), 'it cannot be written', cause);
  }
  return { id: keyIdOf(publicKey), key: privateKey };
}

function publicKeyOf(path: string): KeyObject {
  const pem = readOrUndefined(path);
  if (pem === undefined) throw unusable(path, 'it cannot be read');
  // Node would take the public half of a private key, and nobody would see that it lies about.
  if (pem.includes('PRIVATE KEY')) throw unusable(path, 'it is a private key');
  return ed25519(path, () => createPublicKey(pem));
}

function privateKeyOf(path: string, pem: string | undefined): KeyObject {
  if (pem === undefined) throw unusable(path, 'it cannot be read');
  return ed25519(path, () => createPrivateKey(pem));
}

function ed25519(path: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch (cause) {
    throw unusable(path, 'it is no key', cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw unusable(path, `it is of ${key.asymmetricKeyType}`);
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function unusable(path: string, is: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'CANNOT_START',
    `Cannot use audit key ${quote(path)}: ${is} (want a key of Ed25519 in PEM: see ATLAS_AUDIT_KEY)`,
    { cause },
  );
}
