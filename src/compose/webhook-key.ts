import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOwnKey } from '#compose/own-key';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { Config } from '#ops/config/settings';

const OWN_KEY = 'webhook-key';
const KEY_BYTES = 32;
const LENGTH_MIN = 32;

/**
 * Reads the key that the secrets of webhooks are derived from, and makes one where none was named and none is there.
 * @throws CANNOT_START
 */
export function openWebhookKey({ webhookKey }: Config, dataFolder: string): Buffer {
  const path = webhookKey ?? join(dataFolder, OWN_KEY);
  try {
    if (webhookKey === undefined)
      makeOwnKey(path, () => `${randomBytes(KEY_BYTES).toString('base64url')}\n`);
    const text = readFileSync(path, 'utf8').trim();
    if (text.length >= LENGTH_MIN) return Buffer.from(text);
    throw unusable(path, `it has ${text.length} characters`);
  } catch (cause) {
    if (isRegistryError(cause)) throw cause;
    throw unusable(path, 'it cannot be read or made', cause);
  }
}

function unusable(path: string, is: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'CANNOT_START',
    `Cannot use webhook key ${quote(path)}: ${is} (want a file with at least ${LENGTH_MIN} characters: see ATLAS_WEBHOOK_KEY)`,
    { cause },
  );
}
