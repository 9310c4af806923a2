import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess } from '#test/support/process';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

/** Gives what a process has written about a request, once it has. */
async function lineOf({ stderr }: { stderr: () => string }, requestId: string | null) {
  return await eventually('its line', () => {
    const line = stderr()
      .split('\n')
      .find((one) => one.includes(`"requestId":"${requestId}"`));
    return line === undefined ? undefined : JSON.parse(line);
  });
}

it('the line of a request says who asked for what and what came of it, also where it was refused', async () => {
  using folder = tempFolder();
  await using registry = startProcess(folder.path, { ATLAS_LOG_LEVEL: 'info' });
  const api = await registry.ready();
  const headers = { 'Atlas-Actor': 'ann', 'Atlas-Tenant': 'acme' };
  const body = { name: 'a', schema_fingerprint: 'fp' };
  const made = await api.post('/registry/datasets', body, headers);
  expect(await lineOf(registry, made.headers.get('x-request-id'))).toMatchObject({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    method: 'POST',
    path: '/registry/datasets',
    status: 201,
    operation: 'registerDataset',
    actor: 'ann',
    tenant: 'acme',
    environment: 'dev',
    position: String(made.position),
  });
  const other = { ...body, schema_fingerprint: 'other' };
  const refused = await api.post('/registry/datasets', other, { ...headers, 'Atlas-Actor': 'eve' });
  const line = await lineOf(registry, refused.headers.get('x-request-id'));
  expect(line).toMatchObject({ status: 409, actor: 'eve', code: 'FINGERPRINT_CONFLICT' });
  expect(line).not.toHaveProperty('position');
  const unknown = await api.send('/nothing', { undocumented: true });
  const its = await lineOf(registry, unknown.headers.get('x-request-id'));
  expect(its).toMatchObject({ code: 'NOT_FOUND' });
});

it('the line of a request says whose key let it in, and why a key or its scopes did not', async () => {
  using folder = tempFolder();
  const bootstrap = join(folder.path, 'bootstrap.key');
  writeFileSync(bootstrap, 'b'.repeat(40));
  await using registry = startProcess(join(folder.path, 'data'), {
    ATLAS_LOG_LEVEL: 'info',
    ATLAS_AUTH: 'keys',
    ATLAS_BOOTSTRAP_KEY_FILE: bootstrap,
  });
  const api = await registry.ready();
  const as = (key: string) => ({ Authorization: `Bearer ${key}` });
  const wanted = { name: 'reader', scopes: ['datasets:read', 'contracts:read'] };
  const { json } = await api.post('/registry/api-keys', wanted, as('b'.repeat(40)));
  const lineAfter = async (
    method: 'GET' | 'POST',
    headers: Record<string, string>,
    path = '/registry/datasets',
  ) => {
    const body = method === 'POST' ? { name: 'a', schema_fingerprint: 'fp' } : undefined;
    const answer = await api.send(path, { method, body, headers });
    return await lineOf(registry, answer.headers.get('x-request-id'));
  };
  const actor = `api-key/${json.id}`;
  expect(await lineAfter('GET', as(json.key))).toMatchObject({ status: 200, actor });
  // The second one comes from memory.
  for (let times = 0; times < 3; times += 1) {
    const line = await lineAfter('GET', as(json.key), '/catalog');
    expect(line).toMatchObject({ status: 200, actor });
  }
  expect(await lineAfter('POST', as(json.key))).toMatchObject({
    status: 403,
    actor,
    code: 'FORBIDDEN',
  });
  for (const headers of [{}, as(`${json.key}x`), as('guessed')]) {
    const line = await lineAfter('GET', headers);
    expect(line).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(line).not.toHaveProperty('actor');
  }
  expect(registry.stderr()).not.toContain(json.key.slice(-20));
});
