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

describe('the settings of the connection to NATS', () => {
  const url = { NATS_URL: 'tls://a:4222' };
  it('fit together, or the registry does not start', () => {
    const files = { NATS_CA_PATH: '/ca', NATS_CERT_PATH: '/crt', NATS_KEY_PATH: '/key' };
    expect(problemsOf({ ...url, ...files, NATS_NKEY_PATH: '/nk' })).toEqual([]);
    expect(problemsOf({ ...url, NATS_CERT_PATH: '/crt' })).toEqual([
      expect.stringMatching(/NATS_CERT_PATH and NATS_KEY_PATH: one is not set/),
    ]);
    expect(problemsOf({ ...url, NATS_NKEY_PATH: '/nk', NATS_CREDS_PATH: '/creds' })).toEqual([
      expect.stringMatching(/want one of them/),
    ]);
    expect(problemsOf(files)).toEqual([expect.stringMatching(/there is no NATS_URL/)]);
    for (const prefix of ['_INBOX.>', 'a b', '*', '.a', 'a.'])
      expect(problemsOf({ ...url, NATS_INBOX_PREFIX: prefix }).join()).toMatch(/_INBOX_writer/);
    expect(problemsOf({ ...url, NATS_INBOX_PREFIX: '_INBOX_a.b' })).toEqual([]);
  });
});
