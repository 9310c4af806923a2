import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, exportSPKI } from 'jose';
import {
  AUDIENCE,
  CLAIMS,
  hmacToken,
  ISSUER,
  KEYS,
  NOW_SECONDS,
  rawToken,
  signedToken,
  tokenOf,
} from '#test/support/tokens';

const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Makes tokens that are forged, broken, too old or for somebody else, by what is wrong with them. None may ever pass. */
export async function wrongTokens(): Promise<Readonly<Record<string, string>>> {
  const good = await tokenOf();
  const [header = '', payload = '', signature = ''] = good.split('.');
  return {
    ...shapes({ good, header, payload, signature }),
    ...(await algorithms(good)),
    ...(await headers()),
    ...(await claims()),
  };
}

function shapes({
  good,
  header,
  payload,
  signature,
}: Readonly<Record<'good' | 'header' | 'payload' | 'signature', string>>) {
  const other = Buffer.from(JSON.stringify({ ...CLAIMS, tenant: 'other' })).toString('base64url');
  const flipped = Buffer.from(signature, 'base64url');
  flipped[5] = (flipped[5] ?? 0) ^ 1;
  return {
    empty: '',
    'one word': 'token',
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.x`,
    'five parts, as an encrypted one': `${header}.${payload}.${signature}.a.b`,
    'no signature': `${header}.${payload}.`,
    'another payload under the same signature': `${header}.${other}.${signature}`,
    'a flipped bit in the signature': `${header}.${payload}.${flipped.toString('base64url')}`,
    'a signature cut short': `${header}.${payload}.${signature.slice(0, -4)}`,
    'a longer signature': `${header}.${payload}.${signature}AAAA`,
    'a signature of zeros': `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
    'a signature in DER': rawToken(
      JSON.parse(Buffer.from(header, 'base64url').toString()),
      CLAIMS,
      Buffer.from('3006020101020101', 'hex'),
    ),
    'a header that is no JSON': rawToken('{', CLAIMS, 'AAAA'),
    'a header that is a list': rawToken([], CLAIMS, 'AAAA'),
    'a header that is null': rawToken('null', CLAIMS, 'AAAA'),
    'a payload that is no JSON': signedToken({ alg: 'ES256', kid: 'ec' }, '{', KEYS.ec.privateKey),
    'a payload that is a list': signedToken({ alg: 'ES256', kid: 'ec' }, [], KEYS.ec.privateKey),
    'a payload that is a text': signedToken({ alg: 'ES256', kid: 'ec' }, '"x"', KEYS.ec.privateKey),
    'standard base64': `${header}+/.${payload}.${signature}`,
    'too long': `${header}.${'A'.repeat(9_000)}.${signature}`,
    'a NUL inside': `${header}.${payload}\u0000.${signature}`,
    'a percent sign inside': `${header}.${payload}%00.${signature}`,
  };
}

async function algorithms(good: string) {
  const payload = CLAIMS;
  const pem = await exportSPKI(KEYS.rsa.publicKey);
  const none = ['none', 'None', 'NONE', 'nOnE', ''].map((alg) => [
    `algorithm "${alg}"`,
    rawToken({ alg, kid: 'ec' }, payload, ''),
  ]);
  return {
    ...Object.fromEntries(none),
    'algorithm none with the old signature': rawToken({ alg: 'none' }, payload, good.split('.')[2]),
    'no algorithm': rawToken({ kid: 'ec' }, payload, 'AAAA'),
    'an algorithm that is a number': rawToken({ alg: 256 }, payload, 'AAAA'),
    'an algorithm that is a list': rawToken({ alg: ['ES256'] }, payload, 'AAAA'),
    'HS256 with the public key in PEM as secret': hmacToken(
      { alg: 'HS256', kid: 'rsa' },
      payload,
      pem,
    ),
    'HS256 with the public key as JWK as secret': hmacToken(
      { alg: 'HS256', kid: 'ec' },
      payload,
      JSON.stringify(await exportJWK(KEYS.ec.publicKey)),
    ),
    'HS256 with the public key in DER as secret': hmacToken(
      { alg: 'HS256' },
      payload,
      KEYS.ec.publicKey.export({ type: 'spki', format: 'der' }),
    ),
    'HS256 with an empty secret': hmacToken({ alg: 'HS256' }, payload, ''),
    'HS384, which is never allowed': hmacToken({ alg: 'HS384' }, payload, 'secret'),
    'RS256 over a key of EC': rawToken({ alg: 'RS256', kid: 'ec' }, payload, Buffer.alloc(256, 1)),
    'ES256 over a key of RSA': rawToken({ alg: 'ES256', kid: 'rsa' }, payload, Buffer.alloc(64, 1)),
    ES256K: rawToken({ alg: 'ES256K', kid: 'ec' }, payload, Buffer.alloc(64, 1)),
    RSA1_5: rawToken({ alg: 'RSA1_5', kid: 'rsa' }, payload, Buffer.alloc(256, 1)),
    'PS256 over a signature of RS256': rawToken(
      { alg: 'PS256', kid: 'rsa' },
      payload,
      Buffer.alloc(256, 2),
    ),
  };
}

async function headers() {
  const stranger = STRANGER.privateKey;
  const jwk = await exportJWK(STRANGER.publicKey);
  const by = (header: object) =>
    tokenOf({}, { key: stranger, header: header as Record<string, unknown> });
  return {
    'signed by a stranger': await by({}),
    'signed by a stranger without kid': await by({ kid: undefined }),
    'a key of its own in jwk': await by({ jwk }),
    'a key of its own in jku': await by({ jku: 'http://127.0.0.1:1/keys' }),
    'a certificate of its own in x5u': await by({ x5u: 'http://127.0.0.1:1/cert' }),
    'a certificate of its own in x5c': await by({ x5c: ['MIIB'] }),
    'a kid that is a path': await by({ kid: '../../../../dev/null' }),
    'a kid that is a file': await by({ kid: '/etc/passwd' }),
    'a kid that is a URL': await by({ kid: 'http://127.0.0.1:1/' }),
    'a kid that is SQL': await by({ kid: "x' UNION SELECT 'secret" }),
    'a kid that is a command': await by({ kid: '| touch /tmp/owned' }),
    'a kid that is __proto__': await by({ kid: '__proto__' }),
    'a kid that is constructor': await by({ kid: 'constructor' }),
    'an empty kid': await by({ kid: '' }),
    'a kid that is a number': rawToken({ alg: 'ES256', kid: 5 }, CLAIMS, Buffer.alloc(64, 1)),
    'a kid that is an object': rawToken({ alg: 'ES256', kid: {} }, CLAIMS, Buffer.alloc(64, 1)),
    'a type of something else': await tokenOf({}, { header: { typ: 'secevent+jwt' } }),
    'a type that is a number': signedToken(
      { alg: 'ES256', kid: 'ec', typ: 5 },
      CLAIMS,
      KEYS.ec.privateKey,
    ),
    'a critical header': signedToken(
      { alg: 'ES256', kid: 'ec', crit: ['exp'], exp: 1 },
      CLAIMS,
      KEYS.ec.privateKey,
    ),
    'an unencoded payload': signedToken(
      { alg: 'ES256', kid: 'ec', b64: false, crit: ['b64'] },
      CLAIMS,
      KEYS.ec.privateKey,
    ),
  };
}

async function claims() {
  const wrong: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'no issuer': { iss: undefined },
    'another issuer': { iss: 'https://evil.example' },
    'an issuer with a slash more': { iss: `${ISSUER}/` },
    'no audience': { aud: undefined },
    'another audience': { aud: 'other' },
    'audiences without this one': { aud: ['a', 'b', `${AUDIENCE}x`] },
    'no expiry': { exp: undefined },
    expired: { exp: NOW_SECONDS - 31 },
    'expired long ago': { exp: 1 },
    'an expiry that is a text': { exp: String(NOW_SECONDS + 300) },
    'an expiry that is null': { exp: null },
    'not yet valid': { nbf: NOW_SECONDS + 1_800 },
    'a not-before that is a text': { nbf: 'now' },
    'no subject': { sub: undefined },
    'an empty subject': { sub: '' },
    'a subject with a line break': { sub: 'ann\r\nX: y' },
    'the subject of an API key': { sub: 'api-key/abcdefghijklmnop' },
    'the subject of the bootstrap key': { sub: 'bootstrap' },
    'a subject that is a number': { sub: 5 },
    'a very long subject': { sub: 'a'.repeat(200) },
    'no tenant': { tenant: undefined },
    'a tenant that is a list': { tenant: ['acme'] },
    'a tenant with a wildcard': { tenant: '*' },
    'a tenant with a dot': { tenant: 'acme.>' },
    'a tenant in capitals': { tenant: 'ACME' },
    'no environments': { environments: undefined },
    'environments that are a text': { environments: 'dev' },
    'an environment with a path': { environments: ['../prod'] },
    'an environment that is null': { environments: [null] },
    'too many environments': { environments: Array.from({ length: 101 }, (_, i) => `e${i}`) },
    'a scope that is an object': { scope: { all: true } },
    'a scope list with numbers': { scope: [1] },
  };
  const tokens = Object.entries(wrong).map(
    async ([name, one]) =>
      [
        name,
        signedToken(
          { alg: 'ES256', kid: 'ec' },
          defined({ ...CLAIMS, ...one }),
          KEYS.ec.privateKey,
        ),
      ] as const,
  );
  return Object.fromEntries(await Promise.all(tokens));
}

function defined(map: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}
