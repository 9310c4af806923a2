import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '#test/support/api';
import { HOSTILE } from '#test/support/hostile';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('GET /registry/datasets?text=', () => {
  it('finds names by a text in any case, now and in the past, and counts them and all', async () => {
    const scope = '/tenants/search/environments/dev/registry/datasets';
    for (const name of ['b/Homo', 'a/homo', 'c/mus', 'd/HOMO'])
      await api.post(scope, registration(name));
    const before = (await api.get(scope)).position;
    await api.post(scope, registration('e/homo'));
    const first = (await api.get(`${scope}?text=hOmO&limit=2`)).json;
    expect(first).toMatchObject({
      datasets: [{ name: 'a/homo' }, { name: 'b/Homo' }],
      total_count: 5,
      matching_count: 4,
    });
    const rest = (await api.get(`${scope}?text=hOmO&limit=2&cursor=${first.next_cursor}`)).json;
    expect(rest).toEqual({
      datasets: [expect.objectContaining({ name: 'd/HOMO' }), expect.anything()],
    });
    const past = (await api.get(`${scope}?text=e/&at=${before}`)).json;
    expect(past).toEqual({ datasets: [], total_count: 4, matching_count: 0 });
    const none = (await api.get(`${scope}?text=homo&status=published`)).json;
    expect(none).toEqual({ datasets: [], total_count: 5 });
  });

  it('takes wildcards and quotes in a text as they are, and shows nothing of another tenant', async () => {
    const scope = '/tenants/literal/environments/dev/registry/datasets';
    await api.post('/tenants/other/environments/dev/registry/datasets', registration('a_b'));
    await api.post(scope, registration('a_b'));
    await api.post(scope, registration('axb'));
    const found = async (text: string) =>
      (await api.get(`${scope}?text=${encodeURIComponent(text)}`)).json;
    expect(await found('_')).toMatchObject({ datasets: [{ name: 'a_b' }], matching_count: 1 });
    for (const text of ['%', '*', "'", '"', '?', '\u00df', '\u0130', 'a_b OR 1=1', ...HOSTILE])
      if (text !== '' && !text.includes('\0') && text.length <= 600 && text.isWellFormed())
        expect((await found(text)).matching_count, JSON.stringify(text)).toBe(0);
    for (const text of ['', 'a\0b', 'a'.repeat(601)])
      expect((await api.get(`${scope}?text=${encodeURIComponent(text)}`)).status).toBe(400);
  });
});
