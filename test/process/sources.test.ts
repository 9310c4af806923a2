import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGeneArtifact } from '#cli/examples/gene-artifact';
import { startRegistry } from '#compose/start-registry';
import { type Sha256, sha256Of } from '#domain/digest';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Api } from '#test/support/api';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { readAll, someBytes } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const DEBUG = {
  ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
  ATLAS_ENABLE_DEBUG_DATASETS: 'true',
  ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
  ATLAS_REGISTRY_TTL_MS: '100',
};

async function publish(api: Api, name: string, bytes: Buffer): Promise<Sha256> {
  const sha256 = sha256Of(bytes);
  await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
  const artifact = { key: 'data.sqlite', sha256, bytes: bytes.length };
  await api.post('/registry/datasets', registration(name, { objects: [artifact] }));
  await api.post(`/registry/datasets/${name}/publish`, { artifact });
  return sha256;
}

/** A gene dataset with one gene, G1. */
function geneFile(folder: string, name: string): Buffer {
  const path = join(folder, `${name}.sqlite`);
  const genes = [{ geneId: 'G1', name, seqid: '1', start: 1, end: 10 }];
  buildGeneArtifact({ dataset: `1/${name}/one`, source: 'test', genes }, path);
  return readFileSync(path);
}

describe('a registry with sources', () => {
  let temporary: TempFolder;
  const open: TestRegistry[] = [];
  beforeEach(() => {
    temporary = tempFolder();
  });
  afterEach(async () => {
    for (const registry of open.splice(0).toReversed()) await registry[Symbol.asyncDispose]();
    temporary[Symbol.dispose]();
  });

  async function start(env: Record<string, string> = {}): Promise<TestRegistry> {
    const registry = await startTestRegistry(env);
    open.push(registry);
    return registry;
  }

  async function health({ api }: TestRegistry) {
    return (await api.get('/debug/registry-health')).json;
  }

  it('takes another registry as it is, through its /store/, and its changes', async () => {
    const first = await start();
    await publish(first.api, 'sales/orders', someBytes(1_000));
    const second = await start({
      ...DEBUG,
      ATLAS_REGISTRY_SOURCES: `first=http:${first.registry.url}/store`,
    });
    await eventually('the catalog', async () => (await health(second)).datasets === 1);
    await publish(first.api, 'sales/returns', someBytes(1_000, 2));
    await eventually('the change', async () => (await health(second)).datasets === 2);
    expect(await health(second)).toMatchObject({
      mode: 'live',
      epoch: 2,
      sources: [{ name: 'first', priority: 0, healthy: true, last_error: null, circuit: 'closed' }],
      errors: [],
    });
  });

  it('keeps what a source had while it is away, says so, and still has it after a restart', async () => {
    const first = await startTestRegistry();
    await publish(first.api, 'sales/orders', someBytes(1_000));
    const env = { ...DEBUG, ATLAS_REGISTRY_SOURCES: `first=http:${first.registry.url}/store` };
    const second = await start(env);
    await eventually('the catalog', async () => (await health(second)).datasets === 1);
    await first[Symbol.asyncDispose]();
    await eventually(
      'the trouble',
      async () => (await health(second)).sources[0].healthy === false,
    );
    const state = await health(second);
    expect(state).toMatchObject({
      datasets: 1,
      epoch: 1,
      sources: [{ last_error_class: 'network' }],
    });
    expect(state.errors).toEqual([
      { backend: 'http_s3', class: expect.any(String), count: expect.any(Number) },
    ]);
    const ready = await second.api.get('/readyz');
    expect([ready.status, ready.json.status]).toEqual([200, 'degraded']);
    expect(JSON.stringify(ready.json.parts)).toContain('source \\"first\\"');
    await second.registry.close();
    for (const mode of [
      'ATLAS_REGISTRY_FREEZE_MODE',
      'ATLAS_CACHED_ONLY_MODE',
      'ATLAS_LOG_LEVEL',
    ]) {
      const value = mode === 'ATLAS_LOG_LEVEL' ? 'silent' : 'true';
      const config = readConfig({
        ...env,
        BIND_ADDR: '127.0.0.1:0',
        ATLAS_DATA_DIR: second.folder,
        ATLAS_LOG_LEVEL: 'silent',
        [mode]: value,
      });
      const again = await startRegistry(config, createLogger('silent'));
      const answer = await fetch(`${again.url}/debug/registry-health`);
      expect(await answer.json()).toMatchObject({ datasets: 1, epoch: 1 });
      await again.close();
    }
  });

  it('serves what it has cached of a source that is away, after a restart too, and says 503 for the rest', async () => {
    const first = await startTestRegistry();
    await publish(first.api, '1/cached/one', geneFile(temporary.path, 'cached'));
    await publish(first.api, '1/other/one', geneFile(temporary.path, 'other'));
    const env = { ...DEBUG, ATLAS_REGISTRY_SOURCES: `first=http:${first.registry.url}/store` };
    const second = await start(env);
    await eventually('the catalog', async () => (await health(second)).datasets === 2);
    const path = '/v1/genes?dataset=1/cached/one&gene_id=G1';
    const before = await second.api.get(path);
    expect(before.json.rows).toEqual([{ gene_id: 'G1', name: 'cached' }]);
    await first[Symbol.asyncDispose]();
    await second.registry.close();
    for (const mode of [
      'ATLAS_CACHED_ONLY_MODE',
      'ATLAS_REGISTRY_FREEZE_MODE',
      'ATLAS_STARTUP_WARMUP',
    ]) {
      const config = readConfig({
        ...env,
        BIND_ADDR: '127.0.0.1:0',
        ATLAS_DATA_DIR: second.folder,
        ATLAS_LOG_LEVEL: 'silent',
        [mode]: mode === 'ATLAS_STARTUP_WARMUP' ? '1/other/one' : 'true',
      });
      const again = await startRegistry(config, createLogger('silent'));
      await again.ready(10_000);
      const answer = await fetch(`${again.url}${path}`);
      expect([mode, answer.status, await answer.json()]).toEqual([mode, 200, before.json]);
      const other = await fetch(`${again.url}/v1/genes?dataset=1/other/one&gene_id=G1`);
      const problem = (await other.json()) as { code: string };
      expect([mode, other.status, problem.code]).toEqual([
        mode,
        503,
        expect.stringMatching(/^(NOT_CACHED|STORE_UNAVAILABLE)$/),
      ]);
      await again.close();
    }
  });

  it('is not ready when it is frozen with nothing, and says why', async () => {
    const config = readConfig({
      BIND_ADDR: '127.0.0.1:0',
      ATLAS_DATA_DIR: temporary.path,
      ATLAS_LOG_LEVEL: 'silent',
      ATLAS_REGISTRY_SOURCES: 'none=local:/nowhere',
      ATLAS_REGISTRY_FREEZE_MODE: 'true',
    });
    const registry = await startRegistry(config, createLogger('silent'));
    const ready = await fetch(`${registry.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('frozen: no catalog was ever loaded');
    await registry.close();
  });

  it('merges sources by priority, and one that lies spoils nothing of the others', async () => {
    const folder = (name: string): StoreFolder => new StoreFolder(join(temporary.path, name));
    const [a, b, c] = [folder('a'), folder('b'), folder('c')];
    for (const one of [a, b]) one.add('shared', someBytes(10));
    b.add('own', someBytes(11));
    c.writeRawCatalog('{"model_version":"v1","datasets":[],"more":true}');
    const registry = await start({
      ...DEBUG,
      ATLAS_REGISTRY_SOURCES: `a=local:${a.path},b=local:${b.path},c=local:${c.path}`,
      ATLAS_REGISTRY_PRIORITY: 'c,b',
    });
    await eventually('the catalogs', async () => (await health(registry)).datasets === 2);
    const { sources, errors } = await health(registry);
    expect(sources).toMatchObject([
      { name: 'c', healthy: false, last_error_class: 'validation', datasets: 0 },
      { name: 'b', healthy: true, datasets: 2, shadowed_datasets: 0 },
      { name: 'a', healthy: true, datasets: 1, shadowed_datasets: 1 },
    ]);
    expect(sources[0].last_error).toContain('source "c"');
    expect(errors).toMatchObject([{ backend: 'localfs', class: 'validation' }]);
  });

  it('shows nothing under /debug/ unless both settings allow it', async () => {
    const registry = await start({ ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true' });
    const answer = await registry.api.send('/debug/registry-health', { undocumented: true });
    expect(answer.status).toBe(404);
  });

  it('writes its own folder of artifacts as a store, as its /store/ shows it', async () => {
    const { api, folder } = await start({ ATLAS_STORE_CATALOG_MS: '20' });
    const bytes = someBytes(2_000);
    await publish(api, 'sales/orders', bytes);
    await publish(api, 'sales/orders', someBytes(2_000, 2));
    await publish(api, 'sales/returns', bytes);
    const root = join(folder, 'store');
    const shown = (await api.get('/store/catalog.json')).text;
    await eventually('the file', () => readFileSync(join(root, 'catalog.json'), 'utf8') === shown);
    const store = new LocalfsStore({ source: 'copy', root });
    const fetched = await store.fetchCatalog();
    if (fetched.kind !== 'catalog') throw new Error('no catalog');
    for (const entry of fetched.catalog.datasets) {
      expect(await store.fetchManifest(entry)).toMatchObject({ name: entry.name });
      const stream = await store.fetchArtifact(entry, entry.artifact);
      expect(sha256Of(await readAll(stream))).toBe(entry.artifact.sha256);
    }
    await api.post('/registry/datasets/sales/returns/withdraw', {});
    await eventually('the withdrawal', async () => {
      const now = await store.fetchCatalog();
      return now.kind === 'catalog' && now.catalog.datasets.length === 1;
    });
  });
});
