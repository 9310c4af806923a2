import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningRegistry, startRegistry } from '#compose/start-registry';
import { type Sha256, sha256Of } from '#domain/digest';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { artifactPath } from '#stores/layout';
import { Api } from '#test/support/api';
import { startProcess } from '#test/support/process';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes, shelve } from '#test/support/serving';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const [HERE, AWAY] = ['1/cached/here', '1/cached/away'];
const GENES = geneBytes(manyGenes(200, 'here'));
const SHA256 = sha256Of(GENES);

let temporary: TempFolder;
const open: (TestRegistry | Node)[] = [];
beforeEach(() => {
  temporary = tempFolder();
});
afterEach(async () => {
  for (const registry of open.splice(0).toReversed()) await registry[Symbol.asyncDispose]();
  temporary[Symbol.dispose]();
});

/** A registry on a data folder that outlives it. */
interface Node extends AsyncDisposable {
  readonly registry: RunningRegistry;
  readonly api: Api;
}

async function startNode(env: Record<string, string> = {}): Promise<Node> {
  const config = readConfig({
    BIND_ADDR: '127.0.0.1:0',
    ATLAS_DATA_DIR: join(temporary.path, 'data'),
    ATLAS_LOG_LEVEL: 'silent',
    ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
    ATLAS_REGISTRY_TTL_MS: '100',
    ATLAS_STORE_RETRY_ATTEMPTS: '2',
    ATLAS_STORE_RETRY_BASE_MS: '1',
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ...env,
  });
  const registry = await startRegistry(config, createLogger('silent'));
  await registry.ready(20_000);
  const node = {
    registry,
    api: new Api(registry.url),
    [Symbol.asyncDispose]: async () => registry.close(),
  };
  open.push(node);
  return node;
}

/** Shelves a dataset where only this machine finds it. */
function shelf(): { readonly folder: StoreFolder; readonly env: Record<string, string> } {
  const folder = new StoreFolder(join(temporary.path, 'shelf'));
  shelve(folder, [{ name: HERE, bytes: GENES, tables: GENE_TABLES }]);
  return { folder, env: { ATLAS_REGISTRY_SOURCES: `shelf=local:${folder.path}` } };
}

const geneOf = (name: string, id = 'G00007'): string => `/v1/genes?dataset=${name}&gene_id=${id}`;
const listOf = (name: string): string => `/v1/genes?dataset=${name}&region=1:1-9000&limit=500`;

async function served(api: Api): Promise<void> {
  const gene = await api.get(geneOf(HERE));
  expect([gene.status, gene.json.rows]).toEqual([200, [{ gene_id: 'G00007', name: 'here-7' }]]);
  const list = await api.get(listOf(HERE));
  expect([list.status, list.json.rows?.length]).toEqual([200, 200]);
}

async function comes(api: Api): Promise<void> {
  await eventually('the dataset', async () => (await api.get(geneOf(HERE))).status === 200);
}

/** The only copy of an artifact under the data folder of a node. */
function cachedFile(sha256: Sha256): string {
  const root = join(temporary.path, 'data');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const found = files.find((path) => path.endsWith(artifactPath(sha256)));
  if (found === undefined) throw new Error('it is not cached');
  return join(root, found);
}

function flipByte(path: string, at: number): void {
  const byte = readFileSync(path)[at] ?? 0;
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([byte ^ 0xff]), 0, 1, at);
  closeSync(file);
}

describe('a source that is away', () => {
  it('takes nothing away that is cached, over a restart too; everything else is 503 with Retry-After', async () => {
    const source = await startTestRegistry();
    open.push(source);
    await publishBytes(source.api, { name: HERE, bytes: GENES, tables: GENE_TABLES });
    const others = geneBytes(manyGenes(5, 'away'));
    await publishBytes(source.api, { name: AWAY, bytes: others, tables: GENE_TABLES });
    const env = { ATLAS_REGISTRY_SOURCES: `far=http:${source.registry.url}/store` };
    const first = await startNode(env);
    await comes(first.api);
    await served(first.api);
    await source.registry.close();
    for (const _ of [1, 2, 3]) await served(first.api);
    const refused = await first.api.get(geneOf(AWAY));
    expect(refused.json).toMatchObject({ status: 503, retryable: true });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await first.registry.close();

    const again = await startNode(env);
    await served(again.api);
    expect((await again.api.get(geneOf(AWAY))).status).toBe(503);
    await again.registry.close();

    const alone = await startNode({ ...env, ATLAS_CACHED_ONLY_MODE: 'true' });
    await served(alone.api);
    const missing = await alone.api.get(geneOf(AWAY));
    expect(missing.json).toMatchObject({ status: 503, code: 'NOT_CACHED' });
    expect((await alone.api.get('/v1/datasets')).json.datasets).toHaveLength(2);
  });

  it('is asked again as soon as it is back', async () => {
    const { folder, env } = shelf();
    const path = artifactPath(SHA256);
    folder.remove(path);
    const { api } = await startNode({ ...env, ATLAS_DATASET_BREAKER_OPEN_MS: '50' });
    await eventually('the catalog', async () => (await api.get(geneOf(HERE))).status !== 404);
    expect((await api.get(geneOf(HERE))).json.code).toBe('STORE_UNAVAILABLE');
    folder.write(path, GENES);
    await comes(api);
    await served(api);
  });
});

describe('a cached file with a wrong byte', () => {
  it.each([
    ['in its head', 3],
    ['in the middle', 60_000],
    ['at its end', GENES.length - 5],
  ])('%s is found at the start and fetched again, though nobody asks', async (_where, at) => {
    const { env } = shelf();
    const first = await startNode(env);
    await comes(first.api);
    await first.registry.close();
    const path = cachedFile(SHA256);
    flipByte(path, at);
    expect(sha256Of(readFileSync(path))).not.toBe(SHA256);
    const second = await startNode(env);
    await eventually('the repair', () => sha256Of(readFileSync(cachedFile(SHA256))) === SHA256);
    await comes(second.api);
    await served(second.api);
  });

  it('is found while it is served, and every answer after that is right', async () => {
    const { env } = shelf();
    const { api } = await startNode({ ...env, ATLAS_INTEGRITY_REVERIFY_MS: '1000' });
    await comes(api);
    await served(api);
    const path = cachedFile(SHA256);
    flipByte(path, 60_000);
    await eventually('the repair', () => sha256Of(readFileSync(cachedFile(SHA256))) === SHA256);
    await comes(api);
    for (const _ of [1, 2, 3]) await served(api);
    const { json } = await api.get('/debug/cache-stats');
    expect(json).toMatchObject({ downloads: 2, count: 1, quarantined: [] });
  });

  it('cannot be repaired in cached-only mode: 503, never wrong rows', async () => {
    const { env } = shelf();
    const first = await startNode(env);
    await comes(first.api);
    await first.registry.close();
    flipByte(cachedFile(SHA256), 60_000);
    const { api } = await startNode({ ...env, ATLAS_CACHED_ONLY_MODE: 'true' });
    await eventually('the damage', async () => (await api.get(geneOf(HERE))).status === 503);
    for (const _ of [1, 2, 3]) expect((await api.get(geneOf(HERE))).json.code).toBe('NOT_CACHED');
  });
});

describe('datasets to be there from the start', () => {
  it('are fetched before anybody asks, of sources and of the registry itself', async () => {
    const { env } = shelf();
    const first = await startNode();
    await publishBytes(first.api, { name: AWAY, bytes: geneBytes(manyGenes(5, 'own')) });
    await first.registry.close();
    const warm = { ATLAS_STARTUP_WARMUP: `${HERE},${AWAY}`, ATLAS_STARTUP_WARMUP_LIMIT: '2' };
    const { api } = await startNode({
      ...env,
      ...warm,
      ATLAS_STARTUP_WARMUP_JITTER_MAX_MS: '0',
      ATLAS_FAIL_ON_WARMUP_ERROR: 'true',
    });
    for (const name of [HERE, AWAY])
      expect((await api.get(`/v1/datasets/${name}`)).json.is_cached).toBe(true);
  });

  it('keep the registry from starting when they must be there and cannot be had', async () => {
    const { env } = shelf();
    const started = startNode({
      ...env,
      ATLAS_STARTUP_WARMUP: 'no/such',
      ATLAS_STARTUP_WARMUP_JITTER_MAX_MS: '0',
      ATLAS_FAIL_ON_WARMUP_ERROR: 'true',
    });
    await expect(started).rejects.toThrow('no/such');
  });
});

describe('bytes that come wrong from their source', () => {
  it('are never served: 503, and after some times the dataset is left alone', async () => {
    const { folder, env } = shelf();
    const wrong = Buffer.from(GENES);
    wrong[60_000] = (wrong[60_000] ?? 0) ^ 0xff;
    folder.write(artifactPath(SHA256), wrong);
    const { api } = await startNode({ ...env, ATLAS_DATASET_BREAKER_FAILURE_THRESHOLD: '100' });
    await eventually('the catalog', async () => (await api.get(geneOf(HERE))).status === 503);
    const code = async () => (await api.get(geneOf(HERE))).json.code as string;
    await eventually('the quarantine', async () => (await code()) === 'DATASET_QUARANTINED');
    const { json } = await api.get('/debug/cache-stats');
    expect(json).toMatchObject({ count: 0, bytes: 0, quarantined: [{ sha256: SHA256 }] });
  });
});

describe('kill -9 in the middle of a download', () => {
  it('leaves nothing that is served: the next process fetches it whole', async () => {
    const { env } = shelf();
    const script = join(temporary.path, 'script.json');
    writeFileSync(script, JSON.stringify({ artifact: [{ bytesPerSecond: 20_000 }] }));
    const data = join(temporary.path, 'data');
    const slow = { ...env, ATLAS_STORE: 'fake', ATLAS_STORE_FAKE_SCRIPT: script };
    const bytesOf = (): number =>
      readdirSync(data, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.includes('datasets') && !path.includes('nats'))
        .map((path) => statSync(join(data, path)))
        .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    {
      await using registry = startProcess(data, slow);
      const api = await registry.ready();
      await eventually('the catalog', async () =>
        (await fetch(`${api.url}/v1/datasets`)).text().then((text) => text.includes(HERE)),
      );
      const asked = fetch(`${api.url}${geneOf(HERE)}`).catch(() => undefined);
      await eventually('some bytes', () => bytesOf() > 0);
      expect(bytesOf()).toBeLessThan(GENES.length);
      registry.child.kill('SIGKILL');
      await registry.exit;
      await asked;
    }
    await using registry = startProcess(data, env);
    const api = await registry.ready();
    await comes(api);
    await served(api);
    expect(sha256Of(readFileSync(cachedFile(SHA256)))).toBe(SHA256);
    const found = readdirSync(data, { recursive: true, encoding: 'utf8' });
    expect(found.filter((path) => /datasets\/tmp\/./.test(path))).toEqual([]);
  });
});
