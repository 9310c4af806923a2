import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOwnKey } from '#compose/own-key';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { Config } from '#ops/config/settings';
import { type AnchorKey, keyIdOf } from '#projections/audit-anchors/anchor';

const OWN_KEY = 'audit-key.pem';
const OWN_PUBLIC_KEY = 'audit-key.pub.pem';

/**
 * Gives the key that anchors are signed with, and makes one where none was named and none is there. Its public half lies
 * beside it, written again where it is missing.
 * @throws CANNOT_START
 */
export function openAuditKey({ auditKey }: Config, dataFolder: string): AnchorKey {
  if (auditKey !== undefined) return anchorKey(privateKeyOf(auditKey));
  const path = join(dataFolder, OWN_KEY);
  try {
    makeOwnKey(path, newKey);
    const key = privateKeyOf(path);
    const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
    writeFileSync(join(dataFolder, OWN_PUBLIC_KEY), publicPem, { mode: 0o644 });
    return anchorKey(key);
  } catch (cause) {
    if (isRegistryError(cause)) throw cause;
    throw unusable(path, 'it cannot be written', cause);
  }
}

/**
 * Gives the public keys that anchors may be signed with: those that were named, else that of this installation with those
 * that came before it.
 * @throws CANNOT_START when one cannot be used
 */
export function auditPublicKeys(
  { auditKey, auditOldKeys, dataDir }: Config,
  paths: readonly string[],
): readonly KeyObject[] {
  if (paths.length > 0) return paths.map(publicKeyOf);
  const own =
    auditKey === undefined
      ? publicKeyOf(join(dataDir, OWN_PUBLIC_KEY))
      : createPublicKey(privateKeyOf(auditKey));
  return [own, ...auditOldKeys.map(publicKeyOf)];
}

function newKey(): string | Buffer {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
}

function anchorKey(key: KeyObject): AnchorKey {
  return { id: keyIdOf(createPublicKey(key)), key };
}

function publicKeyOf(path: string): KeyObject {
  const pem = read(path);
  // Node would take the public half of a private key, and nobody would see that it lies about.
  if (pem.includes('PRIVATE KEY')) throw unusable(path, 'it is a private key');
  return ed25519(path, () => createPublicKey(pem));
}

function privateKeyOf(path: string): KeyObject {
  const pem = read(path);
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

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unusable(path, 'it cannot be read', cause);
  }
}

function unusable(path: string, is: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'CANNOT_START',
    `Cannot use audit key ${quote(path)}: ${is} (want a key of Ed25519 in PEM: see ATLAS_AUDIT_KEY)`,
    { cause },
  );
}
