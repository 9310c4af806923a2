import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { artifactPath } from '#stores/layout';
import type { Api, ApiAnswer } from '#test/support/api';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { someBytes } from '#test/support/store-conformance';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

async function publish(name: string, bytes: Buffer, scope = ''): Promise<ApiAnswer> {
  const sha256 = sha256Of(bytes);
  await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
  const artifact = { key: 'data.sqlite', sha256, bytes: bytes.length };
  await api.post(`${scope}/registry/datasets`, registration(name, { objects: [artifact] }));
  return await api.post(`${scope}/registry/datasets/${name}/publish`, { artifact });
}

async function entryOf(name: string, scope = '') {
  const { json } = await api.get(`${scope}/store/catalog.json`);
  return json.datasets.find((entry: { name: string }) => entry.name === name);
}

describe('/store/', () => {
  it('gives the same catalog as /catalog, with its digest, and each manifest under the digest there', async () => {
    await publish('layout/one', someBytes(100));
    const catalog = await api.get('/store/catalog.json');
    expect(catalog.text).toBe((await api.get('/catalog')).text);
    const digest = await api.get('/store/catalog.sha256');
    expect(digest.text).toBe(`${sha256Of(catalog.text)}  catalog.json\n`);
    const etag = catalog.headers.get('etag') ?? '';
    expect((await api.get('/store/catalog.json', { 'If-None-Match': etag })).status).toBe(304);
    const { manifest } = await entryOf('layout/one');
    const file = await api.get(`/store/datasets/layout/one/${manifest.sha256}.json`);
    expect(sha256Of(file.text)).toBe(manifest.sha256);
    expect(Buffer.byteLength(file.text)).toBe(manifest.bytes);
    expect(file.json).toEqual((await api.get('/registry/datasets/layout/one')).json);
    expect(file.headers.get('cache-control')).toContain('immutable');
  });

  it('still gives the manifest that an older catalog named', async () => {
    await publish('layout/two', someBytes(100, 2));
    const old = await entryOf('layout/two');
    await publish('layout/two', someBytes(100, 3));
    const now = await entryOf('layout/two');
    expect(now.manifest.sha256).not.toBe(old.manifest.sha256);
    for (const { manifest } of [old, now]) {
      const file = await api.get(`/store/datasets/layout/two/${manifest.sha256}.json`);
      expect(sha256Of(file.text)).toBe(manifest.sha256);
    }
  });

  it('keeps scopes apart', async () => {
    const scope = '/tenants/elsewhere/environments/dev';
    await publish('layout/hidden', someBytes(10, 4), scope);
    const { manifest } = await entryOf('layout/hidden', scope);
    expect(await entryOf('layout/hidden')).toBeUndefined();
    const path = `/store/datasets/layout/hidden/${manifest.sha256}.json`;
    expect((await api.get(`${scope}${path}`)).status).toBe(200);
    expect((await api.get(path)).status).toBe(404);
  });

  it('gives an artifact whole, and any range of it', async () => {
    const bytes = someBytes(400_000, 5);
    await publish('ranges', bytes);
    const sha256 = sha256Of(bytes);
    const url = `${api.url}/store/${artifactPath(sha256)}`;
    const get = async (headers: Record<string, string>, method = 'GET') => {
      const response = await fetch(url, { method, headers });
      return { response, body: Buffer.from(await response.arrayBuffer()) };
    };
    const whole = await get({});
    expect([whole.response.status, sha256Of(whole.body)]).toEqual([200, sha256]);
    expect(whole.response.headers.get('accept-ranges')).toBe('bytes');
    const named = whole.response.headers.get('content-disposition');
    expect(named).toBe(`attachment; filename="${sha256}"`);
    const head = await get({}, 'HEAD');
    expect(head.response.headers.get('content-length')).toBe('400000');
    const etag = whole.response.headers.get('etag') ?? '';
    const ranges: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=1-', 1, 400_000],
      ['bytes=300000-', 300_000, 400_000],
      ['bytes=399999-9999999', 399_999, 400_000],
      ['bytes=-5', 399_995, 400_000],
      ['bytes=-900000', 0, 400_000],
    ];
    for (const [range, from, to] of ranges) {
      const { response, body } = await get({ Range: range, 'If-Range': etag });
      expect([response.status, range]).toEqual([206, range]);
      expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/400000`);
      expect(body.equals(bytes.subarray(from, to))).toBe(true);
    }
    for (const range of ['bytes=400000-', 'bytes=-0']) {
      const { response } = await get({ Range: range });
      expect([response.status, response.headers.get('content-range')]).toEqual([
        416,
        'bytes */400000',
      ]);
    }
    const ignored = ['bytes=5-1', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=a-', 'bytes=-'];
    for (const range of ignored) expect((await get({ Range: range })).response.status).toBe(200);
    const other = await get({ Range: 'bytes=1-', 'If-Range': '"other"' });
    expect(other.response.status).toBe(200);
    expect((await get({ 'If-None-Match': etag })).response.status).toBe(304);
  });

  it('gives nothing else: no other path, no digest that is none, no artifact that is not there', async () => {
    await publish('strict', someBytes(10, 6));
    const { artifact } = await entryOf('strict');
    const { sha256 } = artifact;
    const missing = sha256Of('missing');
    for (const [path, status] of [
      [artifactPath(missing), 404],
      [`artifacts/sha256/zz/${sha256}`, 404],
      [`artifacts/sha256/${sha256}/${sha256}`, 404],
      ['artifacts/sha256/ab/nodigest', 400],
      [`datasets/strict/${missing}.json`, 404],
      [`datasets/unknown/${missing}.json`, 404],
      ['datasets/strict/short.json', 400],
    ] as const)
      expect([path, (await api.get(`/store/${path}`)).status]).toEqual([path, status]);
    for (const path of ['', 'catalogs/000000000001.json', '_catalog/manifests/strict.parquet']) {
      const answer = await api.send(`/store/${path}`, { undocumented: true });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  it('breaks the connection when the bytes end before their announced length', async () => {
    const bytes = someBytes(3_000_000, 7);
    await publish('cut', bytes);
    const path = artifactPath(sha256Of(bytes));
    const response = await fetch(`${api.url}/store/${path}`);
    const file = join(registry.folder, 'store', path);
    truncateSync(file, 1_500_000);
    await expect(response.arrayBuffer()).rejects.toThrow();
    rmSync(file);
    expect((await api.get(`/store/${path}`)).status).toBe(404);
  });
});
