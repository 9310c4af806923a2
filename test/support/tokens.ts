import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { exportJWK, type JSONWebKeySet, SignJWT } from 'jose';
import { keysOf } from '#http/auth/token-keys';
import { TOKEN_ALGORITHMS, type TokenRules } from '#http/auth/token-verifier';

/** When the tokens of tests are made: seconds since 1970. */
export const NOW_SECONDS = Math.floor(Date.now() / 1_000);
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'atlas-registry';
export const SECRET = Buffer.alloc(32, 7);

/** One key pair of each kind that a signature can be made with. */
export const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ec384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ec521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed: generateKeyPairSync('ed25519'),
} as const;

/** The issuer's public keys; their `kid` is their name. */
export async function publicKeys(
  names: readonly (keyof typeof KEYS)[] = ['rsa', 'ec', 'ec384', 'ec521', 'ed'],
): Promise<JSONWebKeySet> {
  const keys = await Promise.all(
    names.map(async (kid) => ({ ...(await exportJWK(KEYS[kid].publicKey)), kid })),
  );
  return { keys };
}

/** What a right token says. */
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'ann@example.org',
  exp: NOW_SECONDS + 3_600,
  tenant: 'acme',
  environments: ['dev', 'prod'],
  scope: 'contracts:read jobs:write something:else',
} as const;

/** Signs claims; what is undefined is left out. */
export async function tokenOf(
  claims: Readonly<Record<string, unknown>> = {},
  {
    key = KEYS.ec.privateKey,
    header = {},
  }: {
    readonly key?: KeyObject | Uint8Array;
    readonly header?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<string> {
  const all = Object.entries({ ...CLAIMS, ...claims }).filter(([, value]) => value !== undefined);
  return await new SignJWT(Object.fromEntries(all))
    .setProtectedHeader({ alg: 'ES256', kid: 'ec', ...header })
    .sign(key);
}

/** Makes a token by hand: any header, any payload, any signature. */
export function rawToken(
  header: unknown,
  payload: unknown,
  signature: string | Buffer = '',
): string {
  const part = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const end = typeof signature === 'string' ? signature : signature.toString('base64url');
  return `${part(header)}.${part(payload)}.${end}`;
}

/** Signs a hand-made header and payload with HMAC, as one who takes a public key for a secret would. */
export function hmacToken(header: object, payload: object, secret: string | Buffer): string {
  const unsigned = rawToken(header, payload).slice(0, -1);
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}

/** Signs a hand-made header and payload with a private key. */
export function signedToken(header: unknown, payload: unknown, key: KeyObject): string {
  const unsigned = rawToken(header, payload).slice(0, -1);
  const signature = sign('sha256', Buffer.from(unsigned), { key, dsaEncoding: 'ieee-p1363' });
  return `${unsigned}.${signature.toString('base64url')}`;
}

/** The rules that right tokens keep. */
export async function tokenRules(overrides: Partial<TokenRules> = {}): Promise<TokenRules> {
  return {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: TOKEN_ALGORITHMS.filter((one) => one !== 'HS256'),
    leewaySeconds: 30,
    keys: keysOf(await publicKeys()),
    secret: undefined,
    nowMs: () => NOW_SECONDS * 1_000,
    ...overrides,
  };
}
