import { exportSPKI } from 'jose';
import { describe, expect, it } from 'vitest';
import { isRegistryError } from '#domain/errors';
import { parseScope } from '#domain/scope';
import { mayDo, maySee } from '#http/auth/principal';
import { keysFromText, keysOf, RemoteKeys } from '#http/auth/token-keys';
import { type TokenAlgorithm, verifyToken } from '#http/auth/token-verifier';
import { FakeClock } from '#test/support/fake-clock';
import {
  CLAIMS,
  KEYS,
  NOW_SECONDS,
  publicKeys,
  SECRET,
  tokenOf,
  tokenRules,
} from '#test/support/tokens';
import { wrongTokens } from '#test/support/wrong-tokens';

const SIGNERS: Readonly<Record<TokenAlgorithm, keyof typeof KEYS | 'secret'>> = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'ec',
  ES384: 'ec384',
  ES512: 'ec521',
  EdDSA: 'ed',
  HS256: 'secret',
};

describe('verifyToken()', () => {
  it('takes a right token and says who sends it and what they may do', async () => {
    const principal = await verifyToken(await tokenOf(), await tokenRules());
    expect(principal).toEqual({
      subject: CLAIMS.sub,
      tenant: 'acme',
      environments: new Set(['dev', 'prod']),
      scopes: new Set(['contracts:read', 'jobs:write']),
      expiresAt: CLAIMS.exp,
    });
    expect(maySee(principal, parseScope('acme', 'prod'))).toBe(true);
    expect(maySee(principal, parseScope('acme', 'test'))).toBe(false);
    expect(maySee(principal, parseScope('other', 'dev'))).toBe(false);
    expect(mayDo(principal, 'jobs:write')).toBe(true);
    expect(mayDo(principal, 'jobs:read')).toBe(false);
  });

  it.each(Object.entries(SIGNERS))(
    'takes %s where it is allowed, and not where it is not',
    async (name, signer) => {
      const algorithm = name as TokenAlgorithm;
      const key = signer === 'secret' ? SECRET : KEYS[signer].privateKey;
      const token = await tokenOf({}, { key, header: { alg: algorithm, kid: signer } });
      const secret = signer === 'secret' ? SECRET : undefined;
      const allowed = await tokenRules({ algorithms: [algorithm], secret });
      expect((await verifyToken(token, allowed)).subject).toBe(CLAIMS.sub);
      const others = allowed.algorithms.includes('ES256') ? ['RS256'] : ['ES256'];
      const refused = await tokenRules({ algorithms: others as TokenAlgorithm[], secret });
      await expect(verifyToken(token, refused)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  it('takes what the leeway covers, no more', async () => {
    const rules = await tokenRules();
    await verifyToken(await tokenOf({ exp: NOW_SECONDS - 29 }), rules);
    await verifyToken(await tokenOf({ nbf: NOW_SECONDS + 29 }), rules);
    const wide = await tokenRules({ leewaySeconds: 86_400 });
    await expect(verifyToken(await tokenOf({ exp: NOW_SECONDS - 61 }), wide)).rejects.toThrow(
      /expired/,
    );
  });

  it('takes a token without kid by whichever key verifies it, and all environments as *', async () => {
    const token = await tokenOf({ environments: '*' }, { header: { kid: undefined } });
    const { keys } = await publicKeys(['ec', 'rsa', 'ed']);
    const more = {
      keys: [...keys, ...keys.map((key) => Object.assign({}, key, { kid: `${key.kid} again` }))],
    };
    const rules = await tokenRules({ keys: keysOf(more) });
    expect((await verifyToken(token, rules)).environments).toBe('*');
    expect(
      (await verifyToken(await tokenOf({ scope: undefined, scp: ['jobs:read'] }), rules)).scopes,
    ).toEqual(new Set(['jobs:read']));
  });

  it('refuses every wrong token, without a word of it', async () => {
    const wrong = Object.entries(await wrongTokens());
    expect(wrong.length).toBeGreaterThanOrEqual(60);
    for (const rules of [await tokenRules(), await tokenRules({ secret: SECRET })]) {
      for (const [name, token] of wrong) {
        const error: unknown = await verifyToken(token, rules).then(
          () => `passed: ${name}`,
          (reason: unknown) => reason,
        );
        expect(isRegistryError(error, 'UNAUTHENTICATED'), `${name}: ${String(error)}`).toBe(true);
        const { message } = error as Error;
        for (const part of token.split('.').filter((one) => one.length > 10))
          expect(message).not.toContain(part);
      }
    }
  });
});

describe('keys of tokens', () => {
  it('are read from a set, one key, PEM; never private or secret ones', async () => {
    const token = await tokenOf();
    const set = await publicKeys(['ec']);
    const texts = [
      JSON.stringify(set),
      JSON.stringify(set.keys[0]),
      await exportSPKI(KEYS.ec.publicKey),
    ];
    for (const text of texts)
      await verifyToken(token, await tokenRules({ keys: keysFromText(text) }));
    const secret = { kty: 'oct', k: SECRET.toString('base64url') };
    const pkcs8 = KEYS.ec.privateKey.export({ type: 'pkcs8', format: 'pem' });
    const jwk = KEYS.ec.privateKey.export({ format: 'jwk' });
    for (const text of [
      '',
      '{',
      '[]',
      '{"keys":[]}',
      JSON.stringify(secret),
      String(pkcs8),
      JSON.stringify(jwk),
    ])
      expect(() => keysFromText(text)).toThrow(/Cannot use keys of tokens/);
  });

  it('of an issuer are kept, fetched once for many, and again for a key that is new, but not without end', async () => {
    const clock = new FakeClock();
    let published = await publicKeys(['rsa']);
    let fetched = 0;
    const remote = new RemoteKeys({
      clock,
      maxAgeMs: 600_000,
      cooldownMs: 30_000,
      fetchText: async () => {
        fetched += 1;
        return JSON.stringify(published);
      },
    });
    const rules = await tokenRules({ keys: remote.find });
    const [old, fresh] = [
      await tokenOf({}, { key: KEYS.rsa.privateKey, header: { alg: 'RS256', kid: 'rsa' } }),
      await tokenOf(),
    ];
    await Promise.all(Array.from({ length: 20 }, () => verifyToken(old, rules)));
    expect(fetched).toBe(1);
    published = await publicKeys(['rsa', 'ec']);
    for (let i = 0; i < 50; i += 1)
      await expect(verifyToken(fresh, rules)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(fetched).toBe(1);
    await clock.advance(30_001);
    await verifyToken(fresh, rules);
    expect(fetched).toBe(2);
  });

  it('of an issuer that cannot be used fit no token, and do not spoil the others', async () => {
    const good = await publicKeys(['ec']);
    const bad = { kty: 'EC', crv: 'P-256', kid: 'bad', x: 'AA', y: 'AA' };
    const secret = { kty: 'oct', kid: 'shared', k: SECRET.toString('base64url') };
    const keys = [...good.keys, bad, secret, { kty: 'new', kid: 'later' }];
    const remote = new RemoteKeys({
      clock: new FakeClock(),
      maxAgeMs: 60_000,
      cooldownMs: 1_000,
      fetchText: async () => JSON.stringify({ keys }),
    });
    const rules = await tokenRules({ keys: remote.find, algorithms: ['ES256', 'HS256'] });
    await verifyToken(await tokenOf(), rules);
    for (const kid of ['bad', 'shared', 'later'])
      await expect(
        verifyToken(await tokenOf({}, { header: { kid } }), rules),
      ).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
  });

  it('of an issuer that is away stay in use; without any the answer is that nothing can be verified now', async () => {
    const clock = new FakeClock();
    let isAway = true;
    const troubles: unknown[] = [];
    const remote = new RemoteKeys({
      clock,
      maxAgeMs: 60_000,
      cooldownMs: 1_000,
      fetchText: async () => {
        if (isAway) throw new Error('away');
        return JSON.stringify(await publicKeys());
      },
      onTrouble: (error) => troubles.push(error),
    });
    const rules = await tokenRules({ keys: remote.find });
    const token = await tokenOf();
    await expect(verifyToken(token, rules)).rejects.toMatchObject({ code: 'VIEW_UNAVAILABLE' });
    isAway = false;
    await clock.advance(1_001);
    await verifyToken(token, rules);
    isAway = true;
    await clock.advance(120_000);
    await verifyToken(token, rules);
    expect(troubles.length).toBe(2);
  });
});
