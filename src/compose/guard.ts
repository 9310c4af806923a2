import { readFileSync } from 'node:fs';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { type ApiKeyRules, verifyApiKey } from '#http/auth/api-key-verifier';
import { Authenticator } from '#http/auth/authenticator';
import type { PageRules } from '#http/auth/foreign-pages';
import type { Guard } from '#http/auth/guard';
import type { Principal } from '#http/auth/principal';
import { PublishedKeys } from '#http/auth/published-keys';
import { keysFromText, RemoteKeys, type TokenKeys } from '#http/auth/token-keys';
import { type TokenRules, verifyToken } from '#http/auth/token-verifier';
import { isLoopback } from '#ops/config/auth-contradictions';
import type { Config } from '#ops/config/settings';

const KEYS_AGE_MS = 600_000;
const KEYS_COOLDOWN_MS = 30_000;
const SECRET_BYTES_MIN = 32;
const BOOTSTRAP = /^[A-Za-z0-9._~+/=-]{32,512}$/;

/** Where keys are looked up. */
type KeysFrom = Pick<Views, 'catalog' | 'catalogView'>;

/** Opens what finds out who sends a request; `undefined` where nobody has to say. @throws CANNOT_START */
export function openGuard(setup: Setup, views: KeysFrom): Guard | undefined {
  const { config } = setup;
  if (config.auth === 'off') return undefined;
  const nowMs = (): number => systemClock.nowMs();
  const keyRules: ApiKeyRules = {
    keys: () => views.catalog.reader.apiKeys,
    view: views.catalogView,
    bootstrap: bootstrapOf(config),
    nowMs,
  };
  return new Authenticator({
    verify: config.auth === 'jwt' ? tokenVerifier(setup, nowMs) : refuseToken,
    findKey: (text) => verifyApiKey(text, keyRules),
    nowMs,
  });
}

function tokenVerifier(setup: Setup, nowMs: () => number): (token: string) => Promise<Principal> {
  const { config } = setup;
  const rules: TokenRules = {
    issuer: config.jwtIssuer ?? '',
    audience: config.jwtAudience ?? '',
    algorithms: config.jwtAlgorithms,
    leewaySeconds: config.jwtLeewaySeconds,
    keys: keysOf(setup),
    secret: secretOf(config),
    nowMs,
  };
  return (token) => verifyToken(token, rules);
}

/** Says what keeps pages of others out of a node that asks nobody who they are; a token does it by itself. */
export function pageRules({ auth, bind, hostNames }: Config): PageRules | undefined {
  if (auth !== 'off') return undefined;
  return { hosts: isLoopback(bind.host) ? new Set(hostNames) : undefined };
}

async function refuseToken(): Promise<never> {
  throw new RegistryError(
    'UNAUTHENTICATED',
    'Cannot accept the bearer token: it is no API key (want one that was issued here)',
    { outcome: 'not-applied' },
  );
}

/** Reads the key that may issue the others; only its hash is kept. @throws CANNOT_START */
function bootstrapOf({ bootstrapKeyFile }: Config): Sha256 | undefined {
  if (bootstrapKeyFile === undefined) return undefined;
  const key = textOf('ATLAS_BOOTSTRAP_KEY_FILE', bootstrapKeyFile).trim();
  if (BOOTSTRAP.test(key)) return sha256Of(key);
  throw new RegistryError(
    'CANNOT_START',
    `Cannot use ATLAS_BOOTSTRAP_KEY_FILE: its text has ${key.length} characters (want ${SECRET_BYTES_MIN} to 512 letters, digits and . _ ~ + / = -, for example of openssl rand -hex 32)`,
  );
}

function keysOf({ config, logger, releases }: Setup): TokenKeys {
  if (config.jwtKeys !== undefined) return keysFromText(textOf('ATLAS_JWT_KEYS', config.jwtKeys));
  if (config.jwksUrl === undefined) return async () => [];
  const published = new PublishedKeys({
    url: config.jwksUrl,
    allowPrivateHosts: config.jwksPrivateHost,
    clock: systemClock,
  });
  releases.add('keys of tokens', () => published.close());
  const remote = new RemoteKeys({
    clock: systemClock,
    maxAgeMs: KEYS_AGE_MS,
    cooldownMs: KEYS_COOLDOWN_MS,
    fetchText: () => published.fetchText(),
    onTrouble: (error) => logger.warn({ err: error }, 'the keys of tokens could not be fetched'),
  });
  return remote.find;
}

function secretOf({ jwtSecretFile }: Config): Uint8Array | undefined {
  if (jwtSecretFile === undefined) return undefined;
  const secret = Buffer.from(textOf('ATLAS_JWT_SECRET_FILE', jwtSecretFile).replace(/\r?\n$/, ''));
  if (secret.length >= SECRET_BYTES_MIN) return secret;
  throw new RegistryError(
    'CANNOT_START',
    `Cannot use ATLAS_JWT_SECRET_FILE: its secret has ${secret.length} bytes (want at least ${SECRET_BYTES_MIN})`,
  );
}

function textOf(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use ${setting}=${quote(path)}: it cannot be read (want a file that this process may read)`,
      { cause },
    );
  }
}
