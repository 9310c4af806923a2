import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '#cli/registry-client';
import { newId } from '#flow/new-id';
import { Api } from '#test/support/api';
import {
  type GuardedRegistry,
  goodToken,
  startGuardedRegistry,
} from '#test/support/guarded-registry';
import { CLAIMS } from '#test/support/tokens';

let registry: GuardedRegistry;
let url: string;
beforeAll(async () => {
  registry = await startGuardedRegistry();
  ({ url } = registry);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('a request with a token', () => {
  const call = async (path: string, token: string, body?: unknown, headers = {}) =>
    await new Api(url).send(path, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body }),
      headers: { Authorization: `Bearer ${token}`, ...headers },
    });

  it('speaks of its tenant, and its sender is the actor whatever a header says', async () => {
    const token = await goodToken({ environments: ['prod'] });
    const name = `auth.n${newId()}x`;
    const body = { name, jsonSchema: { type: 'object' } };
    const published = await call('/registry/contracts', token, body, { 'Atlas-Actor': 'mallory' });
    expect(published.status).toBe(201);
    expect(published.json.changelog.publisher).toBe(CLAIMS.sub);
    const read = await call(`/registry/contracts/${name}/${published.json.version}`, token);
    expect(read.headers.get('cache-control')).toMatch(/^private, /);
    const other = await goodToken({ tenant: 'other', environments: '*' });
    expect(
      (await call(`/registry/contracts/${name}/${published.json.version}`, other)).status,
    ).toBe(404);
    // Nobody approves their own in production, now that it is proved who they are.
    const stage = { stage: 'approved' };
    const path = `/registry/contracts/${name}/${published.json.version}/stage`;
    expect((await call(path, token, stage)).json.code).toBe('SELF_APPROVAL');
    const reviewer = await goodToken({ sub: 'reviewer', environments: ['prod'] });
    expect((await call(path, reviewer, stage)).status).toBe(200);
  });

  it('needs contracts:approve to approve, not to write', async () => {
    const writer = await goodToken({
      scope: 'contracts:write contracts:read',
      environments: ['dev'],
    });
    const name = `auth.n${newId()}y`;
    const body = { name, jsonSchema: { type: 'object' }, stage: 'draft' };
    const { json } = await call('/registry/contracts', writer, body);
    const path = `/registry/contracts/${name}/${json.version}/stage`;
    expect((await call(path, writer, { stage: 'pending_approval' })).status).toBe(200);
    const refused = await call(path, writer, { stage: 'approved' });
    expect(refused.json).toMatchObject({ status: 403, details: { scope: 'contracts:approve' } });
  });

  it('does not get what another tenant was just answered, however often it was asked for', async () => {
    const [one, other] = [
      await goodToken({ environments: ['dev'] }),
      await goodToken({ tenant: 'other' }),
    ];
    const name = `hot/${newId()}`;
    await call('/registry/datasets', one, { name, schema_fingerprint: 'fp' });
    for (let i = 0; i < 5; i += 1) {
      expect((await call(`/registry/datasets/${name}`, one)).status).toBe(200);
      expect((await call(`/registry/datasets/${name}`, other)).status).toBe(404);
      const blind = await goodToken({ environments: ['dev'], scope: 'jobs:read' });
      expect((await call(`/registry/datasets/${name}`, blind)).status).toBe(403);
    }
    const plain = await new Api(url).send(`/registry/datasets/${name}`);
    expect(plain.status).toBe(401);
  });

  it('promotes only into environments that its token is for', async () => {
    const token = await goodToken({ environments: ['dev'] });
    const name = `auth.n${newId()}z`;
    const { json } = await call('/registry/contracts', token, {
      name,
      jsonSchema: { type: 'object' },
    });
    const path = `/registry/contracts/${name}/${json.version}/promote`;
    expect((await call(path, token, { toEnvironment: 'prod' })).status).toBe(404);
  });

  it('comes from the commands of the CLI with the token in ATLAS_TOKEN', async () => {
    const client = new RegistryClient(url);
    await expect(client.find('/registry/contracts')).rejects.toMatchObject({ status: 401 });
    process.env['ATLAS_TOKEN'] = await goodToken();
    try {
      expect(await client.find('/registry/contracts')).toHaveProperty('contracts');
    } finally {
      delete process.env['ATLAS_TOKEN'];
    }
  });
});
