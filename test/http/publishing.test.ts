import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
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

async function upload(content: string): Promise<{ key: string; sha256: string; bytes: number }> {
  const digest = sha256Of(content);
  await api.send(`/registry/artifacts/${digest}`, { method: 'PUT', raw: content });
  return { key: 'data.sqlite', sha256: digest, bytes: Buffer.byteLength(content) };
}

describe('publishing', () => {
  it('puts a dataset into the catalog, and withdrawing takes it out', async () => {
    const scope = '/tenants/publish/environments/dev';
    const artifact = await upload('the bytes');
    await api.post(`${scope}/registry/datasets`, registration('b/two', { objects: [artifact] }));
    await api.post(`${scope}/registry/datasets`, registration('a/one', { objects: [artifact] }));
    expect((await api.get(`${scope}/catalog`)).json).toEqual({ model_version: 'v1', datasets: [] });
    for (const name of ['b%2Ftwo', 'a/one']) {
      const answer = await api.post(`${scope}/registry/datasets/${name}/publish`, { artifact });
      expect(answer.json).toMatchObject({ status: 'published', artifact });
    }
    const catalog = await api.get(`${scope}/catalog`);
    expect(catalog.json.datasets.map((d: { name: string }) => d.name)).toEqual(['a/one', 'b/two']);
    const etag = catalog.headers.get('etag') ?? '';
    expect(etag).toBe(`"${sha256Of(catalog.text)}"`);
    expect((await api.get(`${scope}/catalog`, { 'If-None-Match': etag })).status).toBe(304);
    const withdrawn = await api.post(`${scope}/registry/datasets/a%2Fone/withdraw`, {
      reason: 'old',
    });
    expect(withdrawn.json.status).toBe('withdrawn');
    const after = await api.get(`${scope}/catalog`, { 'If-None-Match': etag });
    expect(after.json.datasets.map((d: { name: string }) => d.name)).toEqual(['b/two']);
    const past = await api.get(`${scope}/catalog?at=${catalog.position}`);
    expect(past.text).toBe(catalog.text);
    expect(past.headers.get('etag')).toBe(etag);
  });

  it('refuses an artifact that is not in the store, or not an object of the dataset', async () => {
    const name = `unpublished/${newId()}`;
    const missing = { key: 'data.sqlite', sha256: sha256Of(newId()), bytes: 3 };
    await api.post('/registry/datasets', registration(name, { objects: [missing] }));
    const publish = (artifact: object) =>
      api.post(`/registry/datasets/${encodeURIComponent(name)}/publish`, { artifact });
    expect((await publish(missing)).json.code).toBe('ARTIFACT_MISSING');
    const foreign = await upload('foreign');
    expect((await publish(foreign)).json.code).toBe('CHECKSUM_MISMATCH');
    expect((await publish({ ...foreign, bytes: foreign.bytes + 1 })).json.code).toBe(
      'CHECKSUM_MISMATCH',
    );
    expect(
      (await api.post('/registry/datasets/nowhere/publish', { artifact: foreign })).status,
    ).toBe(404);
    expect((await api.get(`/registry/datasets/${name}`)).json.status).toBe('registered');
  });

  it('takes an artifact only under its own digest, and only once', async () => {
    const digest = sha256Of('right');
    const wrong = await api.send(`/registry/artifacts/${digest}`, { method: 'PUT', raw: 'wrong' });
    expect(wrong.json).toMatchObject({ status: 422, code: 'CHECKSUM_MISMATCH' });
    const right = () => api.send(`/registry/artifacts/${digest}`, { method: 'PUT', raw: 'right' });
    expect((await right()).status).toBe(201);
    expect((await right()).status).toBe(200);
    const other = await api.send(`/registry/artifacts/${digest}`, { method: 'PUT', raw: 'other' });
    expect(other.json).toMatchObject({ status: 422, code: 'CHECKSUM_MISMATCH' });
    expect((await api.send('/registry/artifacts/abc', { method: 'PUT', raw: 'x' })).status).toBe(
      400,
    );
  });
});

describe('scopes', () => {
  it('keep the same name apart: what another scope holds is 404', async () => {
    const name = `scoped/${newId()}`;
    const created = await api.post(
      '/tenants/acme/environments/prod/registry/datasets',
      registration(name),
    );
    expect(created.status).toBe(201);
    const location = created.headers.get('location') ?? '';
    expect(location).toMatch(/^\/tenants\/acme\/environments\/prod\//);
    expect((await api.get(location)).json.name).toBe(name);
    expect((await api.get(`/registry/datasets/${name}`)).status).toBe(404);
    const byHeader = { 'Atlas-Tenant': 'acme', 'Atlas-Environment': 'prod' };
    expect((await api.get(`/registry/datasets/${name}`, byHeader)).json.dataset_id).toBe(
      created.json.manifest.dataset_id,
    );
    expect((await api.get(`/registry/datasets/${name}`, { 'Atlas-Tenant': 'acme' })).status).toBe(
      404,
    );
    const elsewhere = await api.post(
      '/registry/datasets',
      registration(name, { schema_fingerprint: 'other' }),
    );
    expect(elsewhere.status).toBe(201);
    expect(elsewhere.json.manifest.dataset_id).not.toBe(created.json.manifest.dataset_id);
  });

  it('are refused when they are malformed', async () => {
    expect((await api.get('/registry/datasets', { 'Atlas-Tenant': 'A b' })).status).toBe(400);
    expect((await api.get('/tenants/A/environments/dev/registry/datasets')).status).toBe(400);
  });
});
