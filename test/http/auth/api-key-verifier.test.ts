import { expect, it } from 'vitest';
import type { ApiKeyId } from '#domain/api-key';
import { toPosition } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { makeApiKey } from '#http/auth/api-key-text';
import { type ApiKeyRules, verifyApiKey } from '#http/auth/api-key-verifier';

const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const { id, secretHash, text } = makeApiKey('a'.repeat(16) as ApiKeyId);
const grant = {
  name: 'n',
  scopes: ['jobs:read'],
  expiresAt: '2026-07-01T00:00:00.000Z',
  secretHash,
};
const key = { ...grant, issuedAt: '2026-05-01T00:00:00.000Z' };

function rulesWith(found: object, caughtUp: boolean): ApiKeyRules {
  const keys = { find: () => ({ id, scope: DEFAULT_SCOPE, issuedBy: 'x', key: found }) };
  const view = { name: 'catalog', position: toPosition(1), caughtUp, reached: async () => true };
  return { keys: () => keys as never, view, bootstrap: undefined, nowMs: () => NOW_MS };
}

it('verifyApiKey() believes no key while the view may not know yet that it was revoked', () => {
  expect(verifyApiKey(text, rulesWith(key, true))?.subject).toBe(`api-key/${id}`);
  expect(() => verifyApiKey(text, rulesWith(key, false))).toThrow(/catching up/);
});

it('verifyApiKey() ends a key with its time, and when it was revoked', () => {
  const over = { ...key, expiresAt: '2026-06-01T00:00:00.000Z' };
  expect(() => verifyApiKey(text, rulesWith(over, true))).toThrow(/it has expired/);
  const revoked = { ...key, revokedAt: '2026-05-02T00:00:00.000Z' };
  expect(() => verifyApiKey(text, rulesWith(revoked, true))).toThrow(/it was revoked/);
});
