import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGeneArtifact, GENE_TABLE } from '#cli/examples/gene-artifact';
import { sha256Of } from '#domain/digest';
import type { Api } from '#test/support/api';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';

let registry: TestRegistry;
let api: Api;
let folder: TempFolder;
beforeAll(async () => {
  folder = tempFolder();
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const ROWS = '/v1/datasets/1/released/one/rows/gene_summary';

function genes(name: string): Buffer {
  const path = join(folder.path, `${name}.sqlite`);
  const gene = { geneId: 'G1', name, seqid: '1', start: 1, end: 10 };
  buildGeneArtifact({ dataset: '1/released/one', source: 'test', genes: [gene] }, path);
  return readFileSync(path);
}

async function upload(bytes: Buffer, key = 'data.sqlite') {
  const sha256 = sha256Of(bytes);
  await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
  return { key, sha256, bytes: bytes.length };
}

async function register(objects: object[], tables: object[]): Promise<void> {
  await api.post('/registry/datasets', registration('1/released/one', { objects, tables }));
}

describe('a published dataset that is registered anew and not published', () => {
  it('is read as it was published: neither other tables nor other shards count', async () => {
    const artifact = await upload(genes('published'));
    await register([artifact], [GENE_TABLE]);
    await api.post('/registry/datasets/1/released/one/publish', { artifact });
    const before = await api.get(`${ROWS}?key=G1`);
    expect(before.json.rows).toMatchObject([{ gene_id: 'G1', name: 'published' }]);
    const shard = await upload(genes('not published'), 'gene_summary.s1.sqlite');
    const shards = [
      { shard_id: 's1', seqids: ['1'], sqlite_path: shard.key, sqlite_sha256: shard.sha256 },
    ];
    const list = await upload(
      Buffer.from(JSON.stringify({ model_version: 'v1', mode: 'contig', shards })),
      'catalog_shards.json',
    );
    const other = await upload(genes('next'));
    await register([other, list, shard], [{ name: 'nope', key: ['x'] }]);
    expect((await api.get(`${ROWS}?key=G1`)).text).toBe(before.text);
    const region = await api.get('/v1/genes?dataset=1/released/one&region=1:1-100');
    expect(region.json.rows).toEqual([{ gene_id: 'G1', name: 'published' }]);
    const manifest = await api.get('/registry/datasets/1/released/one');
    expect(manifest.json).toMatchObject({ artifact, release: { tables: [GENE_TABLE] } });
  });

  it('is read by its new declaration once it is published again, under another tag', async () => {
    const artifact = await upload(genes('published'));
    const etag = (await api.get(`${ROWS}?key=G1`)).headers.get('etag') ?? '';
    await register([artifact], [{ name: 'gene_summary', key: ['name'] }]);
    await api.post('/registry/datasets/1/released/one/publish', { artifact });
    const after = await api.get(`${ROWS}?key=published`, { 'If-None-Match': etag });
    expect(after.status).toBe(200);
    expect(after.json.rows).toMatchObject([{ gene_id: 'G1' }]);
    const pinned = await api.get(`${ROWS}?key=published&artifact=${artifact.sha256}`);
    expect(pinned.headers.get('cache-control')).not.toContain('immutable');
  });

  it('takes no parameter without a value for one with it', async () => {
    const answer = await api.get('/v1/genes?dataset=1/released/one&gene_ids');
    expect(answer.status).toBe(400);
  });
});
