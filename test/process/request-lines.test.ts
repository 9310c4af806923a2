import { expect, it } from 'vitest';
import { startProcess } from '#test/support/process';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

it('the line of a request says who asked for what and what came of it, also where it was refused', async () => {
  using folder = tempFolder();
  await using registry = startProcess(folder.path, { ATLAS_LOG_LEVEL: 'info' });
  const api = await registry.ready();
  const lineOf = async (requestId: string | null) =>
    await eventually('its line', () => {
      const lines = registry.stderr().split('\n');
      const line = lines.find((one) => one.includes(`"requestId":"${requestId}"`));
      return line === undefined ? undefined : JSON.parse(line);
    });
  const headers = { 'Atlas-Actor': 'ann', 'Atlas-Tenant': 'acme' };
  const body = { name: 'a', schema_fingerprint: 'fp' };
  const made = await api.post('/registry/datasets', body, headers);
  expect(await lineOf(made.headers.get('x-request-id'))).toMatchObject({
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
  const line = await lineOf(refused.headers.get('x-request-id'));
  expect(line).toMatchObject({ status: 409, actor: 'eve', code: 'FINGERPRINT_CONFLICT' });
  expect(line).not.toHaveProperty('position');
  const unknown = await api.send('/nothing', { undocumented: true });
  expect(await lineOf(unknown.headers.get('x-request-id'))).toMatchObject({ code: 'NOT_FOUND' });
});
