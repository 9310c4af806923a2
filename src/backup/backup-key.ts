import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { RegistryError } from '#domain/errors';

/** The key of a backup: files are encrypted with it, and indexes proved. */
export interface BackupKey {
  /** Names the key without telling anything of it: 16 hexadecimal digits. */
  readonly id: string;
  /** Encrypts bytes under a fresh nonce. `identity` says what they are: as something else they cannot be opened. */
  seal(identity: string, plain: Uint8Array): Buffer;
  /** Decrypts what `seal` made of the same thing; `undefined` for anything else. */
  open(identity: string, sealed: Uint8Array): Buffer | undefined;
  /** Proves a text. */
  mac(text: string): string;
  /** Whether a proof is that of a text. */
  proves(text: string, mac: string): boolean;
}

const KEY_BYTES = 32;
const KEY_IN_HEX = /^[0-9a-fA-F]{64}\s*$/;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * Reads a key: 32 bytes, or the same as 64 hexadecimal digits. Encryption and proofs have keys of their own, derived from it.
 * @throws INVALID_REQUEST
 */
export function parseBackupKey(content: Uint8Array): BackupKey {
  const text = Buffer.from(content).toString('latin1');
  const secret = KEY_IN_HEX.test(text) ? Buffer.from(text.trim(), 'hex') : Buffer.from(content);
  if (secret.length !== KEY_BYTES) {
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use the key of a backup: it has ${content.length} bytes (want ${KEY_BYTES} random bytes, or the same as hexadecimal digits: openssl rand -hex 32)`,
    );
  }
  const derived = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `atlas-registry-backup/1 ${use}`, KEY_BYTES));
  const [files, indexes] = [derived('files'), derived('indexes')];
  const mac = (text: string): string => createHmac('sha256', indexes).update(text).digest('hex');
  return {
    id: hash('sha256', derived('name')).slice(0, 16),
    seal(identity, plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, files, nonce).setAAD(Buffer.from(identity));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(identity, sealed) {
      if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(CIPHER, files, sealed.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(identity));
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      const plain = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
      try {
        return Buffer.concat([plain, decipher.final()]);
      } catch {
        return undefined;
      }
    },
    mac,
    proves(text, given) {
      const [own, other] = [Buffer.from(mac(text)), Buffer.from(given)];
      return own.length === other.length && timingSafeEqual(own, other);
    },
  };
}
