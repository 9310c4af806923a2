import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '#cli/remote/registry-client';
import { newId } from '#flow/new-id';
import { Api } from '#test/support/api';
import {
  type GuardedRegistry,
  goodToken,
  startGuardedRegistry,
} from '#test/support/guarded-registry';
import { CLAIMS } from '#test/support/tokens';

/** Sends a request line as it is: clients would clean the address. */
async function rawRequest(
  base: string,
  { method, target, token }: Readonly<Record<'method' | 'target' | 'token', string>>,
): Promise<string> {
  const { hostname, port } = new URL(base);
  const body = method === 'POST' ? '{"name":"planted.thing","jsonSchema":{}}' : '';
  const socket = connect(Number(port), hostname);
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

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

  it('reaches no other tenant or environment by an address that is read in two ways', async () => {
    const victim = await goodToken({ tenant: 'victim', environments: ['prod'], sub: 'victim' });
    const name = `auth.n${newId()}v`;
    await call('/registry/contracts', victim, { name, jsonSchema: { type: 'object' } });
    const mallory = await goodToken({ environments: ['dev'], sub: 'mallory' });
    const path = '/tenants/victim/environments/prod/registry/contracts';
    const targets = [
      `http://x${path}`,
      `HTTP://x:80${path}?limit=5`,
      path.replace('/tenants/', '/tenants\\'),
      `${path.replaceAll('/', '\\')}#`,
      `/tenants\\victim/environments/prod/registry/contracts#`,
      `//x${path}`,
      `/.${path}`,
      `/%2e${path}`,
      path.replace('victim', '%76ictim'),
      `/x/..${path}`,
      `${path}#`,
      `/registry/contracts#${path}`,
    ];
    const statuses: string[] = [];
    for (const target of targets) {
      for (const method of ['GET', 'POST']) {
        const answer = await rawRequest(url, { method, target, token: mallory });
        statuses.push(`${method} ${target} ${answer.slice(9, 12)}`);
        expect(answer).not.toContain(name);
      }
    }
    expect(statuses.filter((one) => !/ (400|404|405)$/.test(one))).toEqual([]);
    const seen = await call('/registry/contracts', victim);
    expect(seen.json.contracts).toHaveLength(1);
  });

  it('lets versions of one who may not approve wait, when nothing else is asked for', async () => {
    const writer = await goodToken({ scope: 'contracts:write contracts:read' });
    const name = `auth.n${newId()}w`;
    const { json } = await call('/registry/contracts', writer, {
      name,
      jsonSchema: { type: 'object' },
    });
    expect(json.stage).toBe('pending_approval');
    const promoted = await call(`/registry/contracts/${name}/${json.version}/promote`, writer, {
      toEnvironment: 'prod',
    });
    expect(promoted.json.stage).not.toBe('approved');
  });

  it('to health is answered whatever its credentials are', async () => {
    for (const Authorization of [
      'Basic YTpi',
      'Bearer nonsense',
      `Bearer ${await goodToken({ tenant: 'other' })}`,
    ])
      expect((await new Api(url).get('/healthz', { Authorization })).status).toBe(200);
  });

  it('for events is ended with its token', async () => {
    const exp = Math.floor(Date.now() / 1_000) - 27;
    const token = await goodToken({ exp });
    const response = await fetch(`${url}/registry/events`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(200);
    // Within the leeway it is let in, and its time is over.
    expect(await response.text()).toBeTypeOf('string');
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
