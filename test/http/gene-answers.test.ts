import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sha256 } from '#domain/digest';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';

const NAME = '1/answers/one';
const LINES = 'application/x-ndjson';
const ALL = 'biotype=protein_coding&limit=500&include=coords,length';

let registry: TestRegistry;
let api: Api;
let sha256: Sha256;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
  const bytes = geneBytes(manyGenes(1_200));
  sha256 = await publishBytes(api, { name: NAME, bytes, tables: GENE_TABLES });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const path = (query: string, name = NAME): string => `/v1/genes?dataset=${name}&${query}`;

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Asks without any of the conveniences of `fetch`, which decompresses and adds headers. */
async function raw(
  address: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<RawAnswer> {
  return await new Promise((resolve, reject) => {
    const asked = request(`${api.url}${address}`, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { statusCode: status = 0 } = answer;
        resolve({ status, headers: answer.headers, body: Buffer.concat(chunks) });
      });
    });
    asked.on('error', reject).end();
  });
}

describe('the forms of an answer', () => {
  it('NDJSON has the rows of the JSON, one a line, and names the next page in Link alone', async () => {
    for (const query of [ALL, 'gene_id=G00007', 'gene_id=none', 'name_like=first-1']) {
      const json = await api.get(path(query));
      const lines = await raw(path(query), { Accept: LINES });
      expect(lines.headers['content-type']).toBe(LINES);
      // There is no other place for it.
      expect(lines.headers['atlas-artifact']).toBe(sha256);
      const rows = lines.body.toString().split('\n');
      expect(rows.pop()).toBe('');
      expect(rows.map((row) => JSON.parse(row))).toEqual(json.json.rows);
      const hasNext = lines.headers['link'] !== undefined;
      expect(hasNext).toBe(json.json.next_cursor !== undefined);
      expect(lines.headers['etag']).not.toBe(json.headers.get('etag'));
    }
  });

  it('gzip has the same text under another tag, and each tag gives 304 in either form', async () => {
    for (const accept of ['application/json', LINES]) {
      const plain = await raw(path(ALL), { Accept: accept });
      const packed = await raw(path(ALL), { Accept: accept, 'Accept-Encoding': 'br, gzip' });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(packed.headers['content-encoding']).toBe('gzip');
      expect(packed.body.length).toBeLessThan(plain.body.length / 4);
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
      const tags = [plain, packed].map(({ headers }) => String(headers['etag']));
      expect(new Set(tags).size).toBe(2);
      for (const tag of tags) {
        const again = await raw(path(ALL), { Accept: accept, 'If-None-Match': tag });
        expect([again.status, again.body.length]).toEqual([304, 0]);
        expect(again.headers['etag']).toBe(tag);
        expect(again.headers['vary']).toBe(plain.headers['vary']);
      }
    }
  });

  it('is not compressed for who refuses it, nor when it is small', async () => {
    for (const accepted of ['gzip;q=0', 'gzip; q=0.0, br', 'br', 'xgzip', ''])
      expect(
        (await raw(path(ALL), { 'Accept-Encoding': accepted })).headers['content-encoding'],
      ).toBeUndefined();
    const small = await raw(path('gene_id=G00001&limit=100'), { 'Accept-Encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  it('HEAD has the headers of GET and no body', async () => {
    for (const query of [ALL, 'gene_id=G00001']) {
      const got = await raw(path(query));
      const head = await raw(path(query), {}, 'HEAD');
      expect([head.status, head.body.length]).toEqual([200, 0]);
      for (const name of ['etag', 'content-length', 'content-type', 'cache-control', 'vary'])
        expect([name, head.headers[name]]).toEqual([name, got.headers[name]]);
    }
    expect((await raw(path('gene_id=G00001', 'no/such'), {}, 'HEAD')).status).toBe(404);
  });

  it('one gene is the same the short way and the long way', async () => {
    for (const query of ['gene_id=G00001', 'gene_id=none', 'include=coords&gene_id=G00002']) {
      const short = await raw(path(query));
      const long = await raw(path(`${query}&limit=100`));
      expect(long.body.toString()).toBe(short.body.toString());
      const shown = ({ headers }: RawAnswer) =>
        ['etag', 'vary', 'cache-control', 'content-type', 'content-length'].map(
          (name) => headers[name],
        );
      expect(shown(long)).toEqual(shown(short));
    }
  });
});

describe('what clients may keep', () => {
  it('If-None-Match is answered without the file: it is gone, and so is its source', async () => {
    const name = '1/answers/gone';
    await using other = await startTestRegistry();
    await publishBytes(other.api, { name, bytes: geneBytes(manyGenes(700)), tables: GENE_TABLES });
    const rows = `/v1/datasets/${name}/rows/gene_summary?limit=3`;
    const addresses = [path('gene_id=G00001', name), path(ALL, name), rows];
    const tags: string[] = [];
    for (const address of addresses)
      tags.push((await other.api.get(address)).headers.get('etag') ?? '');
    for (const folder of ['datasets', 'store/artifacts', 'cache'])
      rmSync(join(other.folder, folder), { recursive: true, force: true });
    for (const [index, address] of addresses.entries()) {
      const answer = await other.api.get(address, { 'If-None-Match': tags[index] ?? '' });
      expect([address, answer.status]).toEqual([address, 304]);
      const any = await other.api.get(address, { 'If-None-Match': '"other", *' });
      expect([address, any.status]).not.toEqual([address, 304]);
    }
  });

  it('an artifact that is named may be kept for ever; another one than the published is 404', async () => {
    for (const query of [ALL, 'gene_id=G00001']) {
      const free = await api.get(path(query));
      expect(free.headers.get('cache-control')).toMatch(/max-age=30\b/);
      const pinned = await api.get(path(`${query}&artifact=${sha256}`));
      expect(pinned.headers.get('cache-control')).toMatch(/max-age=31536000, immutable/);
      expect(pinned.json).toEqual(free.json);
      expect(pinned.json.artifact).toBe(sha256);
      const wrong = await api.get(path(`${query}&artifact=${'0'.repeat(64)}`));
      expect(wrong.json).toMatchObject({ status: 404, details: { artifact: sha256 } });
    }
  });
});

describe('GET /v1/genes/count', () => {
  it.each<[string, number]>([
    ['', 1_200],
    ['&gene_id=G00001', 1],
    ['&gene_id=none', 0],
    ['&biotype=protein_coding', 1_200],
    ['&name=FIRST-7', 1],
    ['&name_like=first-1*', 311],
    ['&region=1:1-10', 1],
    ['&region=1:11-20', 0],
    ['&region=1:10-21', 2],
    ['&region=1:10-21&interval_mode=containment', 0],
    ['&region=1:10-21&interval_mode=boundary_touch', 2],
  ])('counts %s', async (query, count) => {
    const { json } = await api.get(`/v1/genes/count?dataset=${NAME}${query}`);
    expect(json).toEqual({ dataset: NAME, artifact: sha256, gene_count: count });
  });

  it('refuses what the list refuses', async () => {
    const code = async (query: string) => (await api.get(`/v1/genes/count?${query}`)).json.code;
    expect(await code(`dataset=${NAME}&region=1:1-5000001`)).toBe('QUERY_TOO_BROAD');
    expect(await code(`dataset=${NAME}&gene_id=G00001&name=x`)).toBe('INVALID_REQUEST');
    expect(await code(`dataset=${NAME}&limit=1`)).toBe('INVALID_REQUEST');
    expect(await code('dataset=no/such')).toBe('NOT_FOUND');
    expect(await code(`dataset=${NAME}&artifact=${'0'.repeat(64)}`)).toBe('NOT_FOUND');
  });
});

describe('POST /v1/genes/lookup', () => {
  const lookup = async (body: object) => api.post('/v1/genes/lookup', { dataset: NAME, ...body });

  it('gives 1,000 genes in the order of their ids, null for unknown ones, twice what is there twice', async () => {
    const wanted = Array.from({ length: 998 }, (_, i) => (i % 3 === 0 ? `no ${i}` : `G${i + 100}`));
    const ids = ['G00011', ...wanted.map((id) => id.replace(/^G(\d{3})$/, 'G00$1')), 'G00011'];
    const { json, headers } = await lookup({ gene_ids: ids });
    const expected = ids.map((id) => (/^G00\d{3}$/.test(id) ? id : null));
    const found = json.rows.map((row: { gene_id: string } | null) => row?.gene_id ?? null);
    expect(found).toEqual(expected);
    expect(headers.get('atlas-artifact')).toBe(sha256);
    const shown = await lookup({ gene_ids: ['G00001'], include: 'coords,length' });
    const row = (await api.get(path('gene_id=G00001&include=coords,length'))).json.rows[0];
    expect(shown.json.rows).toEqual([row]);
  });

  it.each<[string, object, number]>([
    ['1,001 ids', { gene_ids: Array.from({ length: 1_001 }, () => 'G00001') }, 400],
    ['no id', { gene_ids: [] }, 400],
    ['an empty id', { gene_ids: [''] }, 400],
    ['an id that is no text', { gene_ids: [1] }, 400],
    ['no list', {}, 400],
    ['an unknown field', { gene_ids: ['G00001'], limit: 1 }, 400],
    ['an unknown include', { gene_ids: ['G00001'], include: 'all' }, 400],
    ['an unknown dataset', { dataset: 'no/such', gene_ids: ['G00001'] }, 404],
    ['another artifact', { gene_ids: ['G00001'], artifact: '0'.repeat(64) }, 404],
  ])('refuses %s', async (_what, body, status) => {
    expect((await lookup(body)).status).toBe(status);
  });
});
