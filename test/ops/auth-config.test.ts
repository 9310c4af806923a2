import { describe, expect, it } from 'vitest';
import { isRegistryError } from '#domain/errors';
import { readConfig } from '#ops/config/read-config';

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!isRegistryError(error, 'INVALID_SETTING')) throw error;
    return error.details['problems'] as string[];
  }
}

const jwt = {
  ATLAS_AUTH: 'jwt',
  ATLAS_JWT_ISSUER: 'https://issuer.example',
  ATLAS_JWT_AUDIENCE: 'atlas',
  ATLAS_JWT_KEYS: '/keys.json',
};

describe('who may reach a registry that asks nobody who they are', () => {
  it.each(['127.0.0.1:3001', '[::1]:3001', 'localhost:3001', '127.1.2.3:1'])(
    'this machine: %s',
    (bind) => {
      expect(problemsOf({ BIND_ADDR: bind })).toEqual([]);
    },
  );

  it.each([
    '0.0.0.0:3001',
    '[::]:3001',
    '10.0.0.5:3001',
    'registry.example:80',
    'localhost.example:80',
  ])('nobody on %s, unless a setting says so that names the risk', (bind) => {
    expect(problemsOf({ BIND_ADDR: bind })).toEqual([
      expect.stringMatching(/whoever reaches it could change everything \(want ATLAS_AUTH=jwt/),
    ]);
    const risk = { ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE: 'true' };
    expect(problemsOf({ BIND_ADDR: bind, ...risk })).toEqual([]);
    expect(problemsOf({ BIND_ADDR: bind, ...jwt })).toEqual([]);
  });
});

describe('the settings of tokens', () => {
  it('are not taken where nobody is asked for one', () => {
    const { ATLAS_AUTH: _, ...rest } = jwt;
    expect(problemsOf(rest)).toEqual([expect.stringMatching(/nobody would be asked for a token/)]);
  });

  it('are whole, or the registry does not start', () => {
    expect(problemsOf(jwt)).toEqual([]);
    for (const missing of ['ATLAS_JWT_ISSUER', 'ATLAS_JWT_AUDIENCE', 'ATLAS_JWT_KEYS'] as const)
      expect(problemsOf({ ...jwt, [missing]: '' })).toEqual([expect.stringContaining(missing)]);
  });

  it('name one source of keys, over TLS', () => {
    const both = { ...jwt, ATLAS_JWKS_URL: 'https://issuer.example/keys' };
    expect(problemsOf(both)).toEqual([expect.stringMatching(/want one of them/)]);
    expect(problemsOf({ ...both, ATLAS_JWT_KEYS: '' })).toEqual([]);
    const plain = { ...jwt, ATLAS_JWT_KEYS: '', ATLAS_JWKS_URL: 'http://issuer.example/keys' };
    expect(problemsOf(plain)).toContainEqual(expect.stringMatching(/ATLAS_JWKS_URL/));
  });

  it('allow a secret only where it is asked for, and no algorithm that is none', () => {
    const secret = { ...jwt, ATLAS_JWT_SECRET_FILE: '/secret' };
    expect(problemsOf(secret)).toEqual([expect.stringMatching(/go together/)]);
    expect(problemsOf({ ...secret, ATLAS_JWT_ALGORITHMS: 'HS256,ES256' })).toEqual([]);
    expect(problemsOf({ ...jwt, ATLAS_JWT_ALGORITHMS: 'HS256' })).toEqual([
      expect.stringMatching(/go together/),
    ]);
    for (const list of ['none', 'ES256,none', 'RS1', ''].slice(0, 3))
      expect(problemsOf({ ...jwt, ATLAS_JWT_ALGORITHMS: list }).join()).toMatch(
        /want some of RS256/,
      );
    expect(problemsOf({ ...jwt, ATLAS_JWT_LEEWAY_SECONDS: '61' }).join()).toMatch(/from 0 to 60/);
  });
});
