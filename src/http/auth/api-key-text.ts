import { createHash, randomBytes } from 'node:crypto';
import type { CommandContext } from '#commands/run-command';
import { type ApiKeyId, parseApiKeyId } from '#domain/api-key';
import { type Sha256, sha256Of } from '#domain/digest';

/** What the text of every key begins with, so that scanners for secrets find one that lies about. */
export const API_KEY_PREFIX = 'atlas_';

const TEXT = /^atlas_([a-z2-7]{16})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const ID_BYTES = 10;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A key as its holder sends it, taken apart. */
export interface ApiKeyText {
  readonly id: ApiKeyId;
  readonly secretHash: Sha256;
}

/** Makes the secret of a key: 256 random bits. The text is shown once, its hash is kept. */
export function makeApiKey(id: ApiKeyId): ApiKeyText & { readonly text: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, secretHash: sha256Of(secret), text: `${API_KEY_PREFIX}${id}_${secret}` };
}

/** Takes the text of a key apart; `undefined` for what is none. */
export function readApiKey(text: string): ApiKeyText | undefined {
  const [, id, secret] = TEXT.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return { id: parseApiKeyId(id), secretHash: sha256Of(secret) };
}

/** Derives the id of the key that a command issues: the same command sent again speaks of the same key. */
export function apiKeyIdOf({ scope, commandId }: CommandContext): ApiKeyId {
  const named = `${scope.tenant}\n${scope.environment}\n${commandId}`;
  const bytes = createHash('sha256').update(named).digest().subarray(0, ID_BYTES);
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  let id = '';
  for (let at = 0; at < (ID_BYTES * 8) / 5; at += 1) {
    id = `${BASE32[Number(bits & 31n)] ?? ''}${id}`;
    bits >>= 5n;
  }
  return parseApiKeyId(id);
}
