import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runCommandLine, stubRegistry } from '#test/cli/contract-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry({ ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true' });
});
afterAll(async () => await registry[Symbol.asyncDispose]());

async function cache(line: string, url = registry.api.url): Promise<Ended> {
  return await runCommandLine(['cache', ...line.split(' '), '--url', url]);
}

/** Publishes a dataset and asks for a row, so that it is cached; gives its file. */
async function cached(name: string): Promise<string> {
  const bytes = geneBytes(manyGenes(50, name));
  const sha256 = await publishBytes(registry.api, { name, bytes, tables: GENE_TABLES });
  expect((await registry.api.get(`/v1/genes?dataset=${name}&gene_id=G00001`)).status).toBe(200);
  const folder = join(registry.folder, 'cache', 'datasets');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return join(folder, names.find((one) => one.endsWith(sha256)) ?? '');
}

describe('atlas-registry cache verify', () => {
  it('ends with 0 while every file is what it should be, and with 1 and its name for one that is not', async () => {
    const path = await cached('verify/one');
    await cached('verify/two');
    const whole = await cache('verify verify/one');
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toMatch(/^1 file checked, .* KiB: 0 damaged, 0 unread\n$/);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const found = await cache('verify');
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(
      /^damaged {2}[0-9a-f]{16}… {2}artifact {2}.* {2}default\/dev verify\/one: it is downloaded again\n2 files checked, .*: 1 damaged, 0 unread\n$/,
    );
    expect((await cache('verify verify/two')).code).toBe(0);
    const json = JSON.parse((await cache('verify verify/nowhere --json')).stdout);
    expect(json).toMatchObject({ checked_count: 0, damaged: [], unread: [] });
  });

  it('goes on where a request had no time for the rest, and adds it all up', async () => {
    const page = { bytes: 10, duration_ms: 5, unread: [], damaged_count: 0, damaged: [] };
    await using slow = await stubRegistry(({ body }) => ({
      body:
        body.cursor === undefined
          ? { ...page, checked_count: 3, next_cursor: 'c' }
          : { ...page, checked_count: 4 },
    }));
    expect((await cache('verify a', slow.url)).stdout).toMatch(/^7 files checked, 20 B: /);
    expect(slow.requests.map(({ body }) => body)).toEqual([
      { dataset: 'a' },
      { dataset: 'a', cursor: 'c' },
    ]);
  });
});

describe('atlas-registry cache evict', () => {
  it('lets go of a dataset, or of everything that nobody uses, and says how much is free', async () => {
    await cached('evict/one');
    await cached('evict/two');
    const one = await cache('evict evict/one');
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toMatch(
      /^evicted {2}[0-9a-f]{16}… .*default\/dev evict\/one\n1 file evicted, .* free again, 0 kept\n$/,
    );
    const again = await cache('evict evict/one');
    expect(again).toMatchObject({ code: 0, stdout: '0 files evicted, 0 B free again, 0 kept\n' });
    const rest = JSON.parse((await cache('evict --unused --json')).stdout);
    expect(rest.evicted_count).toBeGreaterThan(0);
    expect((await cache('verify')).stdout).toMatch(/^0 files checked/);
  });

  it('ends with 1 where something of the dataset stays, and says why', async () => {
    const file = {
      sha256: '0'.repeat(64),
      kind: 'artifact',
      datasets: ['default/dev a'],
      bytes: 1,
    };
    await using busy = await stubRegistry(() => ({
      body: { evicted_count: 0, bytes: 0, evicted: [], kept: [{ ...file, because: 'leased' }] },
    }));
    expect(await cache('evict a', busy.url)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/default\/dev a: somebody reads it\n/),
    });
    expect((await cache('evict --unused', busy.url)).code).toBe(0);
  });

  it('wants to know what is meant, and a node that allows it', async () => {
    for (const line of ['evict', 'evict a --unused'])
      expect(await cache(line)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/want one of them/),
      });
    await using closed = await startTestRegistry();
    for (const line of ['verify', 'evict --unused'])
      expect(await cache(line, closed.api.url)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/want a node with ATLAS_ENABLE_ADMIN_ENDPOINTS=true/),
      });
  });
});
