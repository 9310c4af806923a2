import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { Authenticator } from '#http/auth/authenticator';
import type { Principal } from '#http/auth/principal';

const EXPIRES_AT = 3_600;
const PRINCIPAL: Principal = {
  subject: 'ann',
  tenant: 'acme',
  environments: '*',
  scopes: new Set(),
  expiresAt: EXPIRES_AT,
};

function requestOf(token: string): IncomingMessage {
  return { headers: { authorization: `Bearer ${token}` } } as IncomingMessage;
}

/** Takes the token `good` and the API keys `key-N` that are in force, and counts what it is asked. */
function setUp() {
  const bed = { nowMs: 0, verified: 0, found: 0, isUp: true, inForce: new Set(['key-1']) };
  const authenticator = new Authenticator({
    nowMs: () => bed.nowMs,
    verify: async (token) => {
      bed.verified += 1;
      if (!bed.isUp) throw new RegistryError('VIEW_UNAVAILABLE', 'Cannot verify');
      if (token !== 'good') throw new RegistryError('UNAUTHENTICATED', 'Cannot accept');
      return PRINCIPAL;
    },
    findKey: (text) => {
      bed.found += 1;
      if (!text.startsWith('key-')) return undefined;
      if (!bed.isUp) throw new RegistryError('NOT_READY', 'Cannot tell');
      if (!bed.inForce.has(text)) throw new RegistryError('UNAUTHENTICATED', 'Cannot accept');
      return PRINCIPAL;
    },
  });
  const known = (token: string) => authenticator.known(requestOf(token));
  const wasRight = (token: string) => authenticator.wasRight(requestOf(token));
  const ask = async (token: string) => await authenticator.authenticate(requestOf(token));
  return { bed, known, wasRight, ask };
}

describe('Authenticator', () => {
  it('verifies a token again after a minute, and remembers until it expires that it was right', async () => {
    const { bed, known, wasRight, ask } = setUp();
    expect([known('good'), wasRight('good')]).toEqual([undefined, false]);
    await ask('good');
    expect([known('good'), wasRight('good')]).toEqual([PRINCIPAL, true]);
    bed.nowMs = 60_000;
    expect([known('good'), wasRight('good')]).toEqual([undefined, true]);
    await ask('good');
    expect([known('good'), bed.verified]).toEqual([PRINCIPAL, 2]);
    bed.nowMs = EXPIRES_AT * 1_000;
    expect([known('good'), wasRight('good')]).toEqual([undefined, false]);
  });

  it('looks nothing up for an API key that was never right, nor for a token', async () => {
    const { bed, known, wasRight, ask } = setUp();
    await expect(ask('key-9')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const { found } = bed;
    for (const text of ['key-9', 'key-8', 'key-1', 'token'])
      expect([known(text), wasRight(text)]).toEqual([undefined, false]);
    expect(bed.found).toBe(found);
  });

  it('asks for the holder of an API key each time, and forgets one that is revoked', async () => {
    const { bed, known, wasRight, ask } = setUp();
    await ask('key-1');
    expect([known('key-1'), wasRight('key-1')]).toEqual([PRINCIPAL, true]);
    // That nobody can tell says nothing of the key.
    bed.isUp = false;
    expect([known('key-1'), wasRight('key-1')]).toEqual([undefined, true]);
    bed.isUp = true;
    bed.inForce.clear();
    expect([known('key-1'), wasRight('key-1')]).toEqual([undefined, false]);
  });

  it('remembers 10,000 API keys that were right, the latest', async () => {
    const { bed, wasRight, ask } = setUp();
    for (let index = 0; index <= 10_000; index += 1) {
      bed.inForce.add(`key-${index}`);
      await ask(`key-${index}`);
    }
    expect([wasRight('key-0'), wasRight('key-1'), wasRight('key-10000')]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
