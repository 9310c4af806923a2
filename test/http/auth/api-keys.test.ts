import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTH_SCOPES } from '#http/auth/auth-scope';
import { API_KEY_OPERATIONS, PERMISSIONS } from '#http/auth/permissions';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { openEvents } from '#test/support/sse';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const BOOTSTRAP = randomBytes(32).toString('hex');
let registry: TestRegistry;
let api: Api;
let files: TempFolder;

beforeAll(async () => {
  files = tempFolder();
  const path = join(files.path, 'bootstrap');
  writeFileSync(path, `${BOOTSTRAP}\n`);
  registry = await startTestRegistry({
    ATLAS_AUTH: 'keys',
    ATLAS_BOOTSTRAP_KEY_FILE: path,
    ATLAS_HEARTBEAT_MS: '100',
  });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const inScope = (tenant: string, environment = 'dev') => ({
  'Atlas-Tenant': tenant,
  'Atlas-Environment': environment,
});

async function issue(tenant: string, scopes: readonly string[], rest: object = {}) {
  const body = { name: 'a service', scopes, ...rest };
  const headers = { ...bearer(BOOTSTRAP), ...inScope(tenant) };
  const answer = await api.post('/registry/api-keys', body, headers);
  expect(answer.status).toBe(201);
  return answer.json as { id: string; key: string; expires_at: string };
}

async function register(key: string, headers: object = {}): Promise<ApiAnswer> {
  const body = { name: `d/${randomBytes(4).toString('hex')}`, schema_fingerprint: 'fp' };
  return await api.post('/registry/datasets', body, { ...bearer(key), ...headers });
}

describe('an API key', () => {
  it('lets its holder do what its scopes say, in its tenant and environment alone', async () => {
    const { id, key } = await issue('acme', ['datasets:read', 'datasets:write']);
    const { status, position } = await register(key);
    expect(status).toBe(201);
    const list = await api.get('/registry/datasets', bearer(key));
    expect(list.json.datasets).toHaveLength(1);
    expect((await register(key, inScope('other'))).status).toBe(404);
    expect((await register(key, inScope('acme', 'prod'))).status).toBe(404);
    const refused = await api.get('/registry/contracts', bearer(key));
    expect(refused).toMatchObject({ status: 403, json: { details: { scope: 'contracts:read' } } });
    // It is the actor of what it does.
    const { key: admin } = await issue('acme', ['registry:admin']);
    const { entries } = (await api.get('/registry/audit?kind=dataset', bearer(admin))).json;
    expect(entries).toMatchObject([{ position, actor: `api-key/${id}` }]);
  });

  it('is shown once: neither lists nor events nor the same answer again hold it', async () => {
    const headers = { ...bearer(BOOTSTRAP), ...inScope('once'), 'Idempotency-Key': 'k-1' };
    const body = { name: 'ci', scopes: ['registry:admin'], expires_in_days: 1 };
    const first = await api.post('/registry/api-keys', body, headers);
    expect(first.json.key).toMatch(/^atlas_[a-z2-7]{16}_[\w-]{43}$/);
    expect(first.headers.get('cache-control')).toBe('no-store');
    const again = await api.post('/registry/api-keys', body, headers);
    const { key, ...rest } = first.json;
    expect(again).toMatchObject({ status: 201, position: first.position });
    expect(again.json).toEqual(rest);
    const secret = key.slice(-43);
    const list = await api.get('/registry/api-keys', bearer(key));
    expect(list.json).toEqual({ api_keys: [rest] });
    const one = await api.get(`/registry/api-keys/${rest.id}`, bearer(key));
    expect(one.json).toEqual(rest);
    const events = await openEvents(`${api.url}/registry/events?from=1`, bearer(key));
    await eventually('the event', () => events.messages.length >= 1);
    events.close();
    const told = JSON.stringify(events.messages);
    expect(told).toContain('ApiKeyIssued');
    for (const text of [list.text, one.text, again.text, told]) expect(text).not.toContain(secret);
    expect(told).not.toContain('secretHash');
  });

  it('ends at once when it is revoked, with the streams that it has opened, and stays so', async () => {
    const scopes = ['datasets:read', 'contracts:read', 'jobs:read', 'datasets:write'];
    const { id, key } = await issue('ends', scopes);
    const events = await openEvents(`${api.url}/registry/events?from=1`, bearer(key));
    expect((await register(key)).status).toBe(201);
    // A hot reply, too.
    for (let i = 0; i < 3; i += 1) await api.get('/registry/datasets', bearer(key));
    const headers = { ...bearer(BOOTSTRAP), ...inScope('ends') };
    const path = `/registry/api-keys/${id}/revoke`;
    const revoked = await api.post(path, { reason: 'lost' }, headers);
    expect(revoked).toMatchObject({ status: 200, json: { id, status: 'revoked' } });
    const refused = await api.get('/registry/datasets', bearer(key));
    expect(refused.status).toBe(401);
    expect(refused.json.detail).toMatch(/it was revoked/);
    expect(refused.headers.get('www-authenticate')).toMatch(/invalid_token/);
    await eventually('the stream to end', () => events.messages.some((m) => m.event === 'end'));
    events.close();
    const again = await api.post(path, {}, headers);
    expect(again).toMatchObject({ status: 200, json: { revoked_at: revoked.json.revoked_at } });
  });

  it('is none with another secret, another id, a part missing, or of another scope', async () => {
    const { id, key } = await issue('forged', ['registry:admin']);
    const other = await issue('forged', ['registry:admin']);
    const flipped = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    const wrong = [
      flipped,
      key.slice(0, -1),
      `${key}A`,
      key.replace(id, other.id),
      key.toUpperCase(),
      `atlas_${id}_`,
      'atlas_',
      id,
      key.slice(6),
      BOOTSTRAP.slice(1),
      `${BOOTSTRAP}0`,
    ];
    for (const text of wrong)
      expect((await api.get('/registry/api-keys', bearer(text))).status, text).toBe(401);
    // What one scope holds is not there for another one.
    const foreign = { ...bearer(BOOTSTRAP), ...inScope('somebody-else') };
    expect((await api.get(`/registry/api-keys/${id}`, foreign)).status).toBe(404);
    expect((await api.post(`/registry/api-keys/${id}/revoke`, {}, foreign)).status).toBe(404);
    expect((await api.get('/registry/api-keys', bearer(key))).status).toBe(200);
  });

  it('is refused with what cannot be meant', async () => {
    const headers = { ...bearer(BOOTSTRAP), ...inScope('refused') };
    for (const body of [
      {},
      { name: 'a', scopes: [] },
      { name: 'a', scopes: ['everything'] },
      { name: 'a', scopes: ['jobs:read', 'jobs:read'] },
      { name: '', scopes: ['jobs:read'] },
      { name: 'a\u0000', scopes: ['jobs:read'] },
      { name: 'a', scopes: ['jobs:read'], expires_in_days: 0 },
      { name: 'a', scopes: ['jobs:read'], expires_in_days: 367 },
      { name: 'a', scopes: ['jobs:read'], secret: 'mine' },
    ])
      expect((await api.post('/registry/api-keys', body, headers)).status).toBe(400);
    for (const id of ['x', '../x', '%00', 'a'.repeat(16)])
      expect((await api.get(`/registry/api-keys/${encodeURIComponent(id)}`, headers)).status).toBe(
        404,
      );
  });

  it('gives every key of a scope once over its pages, the newest first', async () => {
    const issued: string[] = [];
    for (let i = 0; i < 7; i += 1) issued.unshift((await issue('pages', ['jobs:read'])).id);
    const headers = { ...bearer(BOOTSTRAP), ...inScope('pages') };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query: string = cursor === undefined ? '?limit=3' : `?limit=3&cursor=${cursor}`;
      const { json } = await api.get(`/registry/api-keys${query}`, headers);
      seen.push(...json.api_keys.map((key: { id: string }) => key.id));
      cursor = json.next_cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(issued);
  });
});

describe('the bootstrap key', () => {
  it('issues and revokes keys in every tenant, and does nothing else', async () => {
    const { paths } = await api.document();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    for (const { path, method, operation } of operations) {
      const { operationId } = operation as unknown as { operationId: string };
      if (PERMISSIONS[operationId] === 'public' || API_KEY_OPERATIONS.has(operationId)) continue;
      const answer = await fetch(`${api.url}${path.replaceAll(/\{\w+\}/g, '1.0.0')}`, {
        method: method.toUpperCase(),
        headers: { ...bearer(BOOTSTRAP), ...inScope('any'), 'Content-Type': 'application/json' },
        ...(method === 'get' ? {} : { body: '{}' }),
      });
      expect([operationId, answer.status]).toEqual([operationId, 403]);
      await answer.body?.cancel();
    }
  });

  it('is no key for what its own keys may do: a key without registry:admin issues none', async () => {
    const scopes = AUTH_SCOPES.filter((scope) => scope !== 'registry:admin');
    const { key } = await issue('no-admin', scopes);
    const body = { name: 'more', scopes: ['registry:admin'] };
    const refused = await api.post('/registry/api-keys', body, bearer(key));
    expect(refused).toMatchObject({ status: 403, json: { details: { scope: 'registry:admin' } } });
  });
});
