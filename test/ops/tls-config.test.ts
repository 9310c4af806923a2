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

const pair = { ATLAS_TLS_CERT: '/tls.crt', ATLAS_TLS_KEY: '/tls.key' };

describe('the settings of TLS', () => {
  it('are whole, or the registry does not start', () => {
    expect(problemsOf(pair)).toEqual([]);
    expect(problemsOf({ ...pair, ATLAS_TLS_CLIENT_CA: '/ca.pem' })).toEqual([]);
    expect(problemsOf({ ATLAS_TLS_CERT: '/tls.crt' })).toEqual([
      expect.stringMatching(/^Cannot use ATLAS_TLS_CERT: there is no ATLAS_TLS_KEY \(want/),
    ]);
    expect(problemsOf({ ATLAS_TLS_KEY: '/tls.key' })).toEqual([
      expect.stringMatching(/^Cannot use ATLAS_TLS_KEY: there is no ATLAS_TLS_CERT \(want/),
    ]);
    expect(problemsOf({ ATLAS_TLS_CLIENT_CA: '/ca.pem' })).toEqual([
      expect.stringMatching(/^Cannot use ATLAS_TLS_CLIENT_CA: .*nobody is asked for a certificate/),
    ]);
    expect(problemsOf({ ...pair, ATLAS_TLS_RELOAD_MS: '0' }).join()).toMatch(/ATLAS_TLS_RELOAD_MS/);
  });

  it('do not stand in for tokens', () => {
    const open = { ...pair, ATLAS_TLS_CLIENT_CA: '/ca.pem', BIND_ADDR: '0.0.0.0:3001' };
    expect(problemsOf(open)).toEqual([
      expect.stringMatching(/whoever reaches it could change everything/),
    ]);
  });
});
