import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { type KeyFiles, keyFiles, serving, smallRelease } from '#test/cli/bundle-bed';
import { nobody, runContract, stubRegistry } from '#test/cli/contract-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const NOW = Date.parse('2026-02-04T00:00:00Z');
const HOUR = 3_600_000;
const DEV = { tenant: 'default', environment: 'dev' };
const PROD = { tenant: 'default', environment: 'prod' };
const SCOPES = [DEV, PROD, { tenant: 'acme', environment: 'dev' }];

let folder: TempFolder;
let own: KeyFiles;
let cache: string;
beforeAll(async () => {
  folder = tempFolder();
  own = await keyFiles(folder.path, 'own');
});
afterAll(() => folder[Symbol.dispose]());
beforeEach(() => {
  cache = join(folder.path, newId());
});

interface Bundling {
  readonly args: readonly string[];
  readonly nowMs?: number;
}

async function bundle(verb: string, { args, nowMs = NOW }: Bundling) {
  const fixed = ['--json', '--cache', cache, '--public-key', own.publicPath];
  const { code, stdout } = await runContract(['bundle', verb, ...fixed, ...args], { nowMs });
  return { code, json: JSON.parse(stdout) };
}

function argsOf({ tenant, environment }: typeof DEV, url: string): readonly string[] {
  return ['--tenant', tenant, '--environment', environment, '--url', url];
}

/** Fetches the release of a scope. The same contracts released on one day have one tag in all of them. */
async function fetchInto(scope: typeof DEV, nowMs = NOW): Promise<string> {
  const release = smallRelease(own.key, scope);
  await using server = await stubRegistry(serving(release));
  const { json } = await bundle('fetch', { args: argsOf(scope, server.url), nowMs });
  expect(json.status).toBe('loaded');
  return release.manifest.tag;
}

async function fetchAll(): Promise<string> {
  const tags: string[] = [];
  for (const scope of SCOPES) tags.push(await fetchInto(scope));
  const [tag = ''] = tags;
  expect(tags).toEqual([tag, tag, tag]);
  return tag;
}

describe('one cache for several scopes', () => {
  it('keeps the release of each when all have one tag, and falls back to the right one', async () => {
    const tag = await fetchAll();
    for (const scope of SCOPES) {
      const { tenant, environment } = scope;
      const args = argsOf(scope, await nobody());
      const { code, json } = await bundle('fetch', { args });
      const there = join(cache, `${tenant}.${environment}`, tag);
      expect([code, json.status, json.folder]).toEqual([0, 'using_fallback', there]);
      const manifest = JSON.parse(readFileSync(join(there, 'manifest.json'), 'utf8'));
      expect(manifest).toMatchObject({ tag, tenant, environment });
      const more = ['--alias', 'never', '--fallback-tag', tag];
      const fallback = await bundle('fetch', { args: [...args, ...more] });
      expect([fallback.code, fallback.json.folder]).toEqual([0, there]);
    }
    const scopes = ['acme.dev', 'default.dev', 'default.prod'];
    expect(readdirSync(cache).toSorted()).toEqual([...scopes, 'names']);
  });

  it('never falls back to the release of another scope', async () => {
    const tag = await fetchInto(DEV);
    const args = [...argsOf(PROD, await nobody()), '--fallback-tag', tag];
    const { code, json } = await bundle('fetch', { args });
    expect([code, json.status, json.folder]).toEqual([3, 'download_error', undefined]);
  });

  it('says of each that it is whole, and damages none with another', async () => {
    const tag = await fetchAll();
    const { code, json } = await bundle('status', { args: [] });
    expect([code, json.status, json.alerts]).toEqual([0, 'loaded', []]);
    expect(json.releases).toHaveLength(SCOPES.length);
    writeFileSync(join(cache, 'default.prod', tag, 'manifest.json'), '{}');
    const after: { scope: string; fault?: string }[] = (await bundle('status', { args: [] })).json
      .releases;
    const damaged = after.filter(({ fault }) => fault !== undefined);
    expect(damaged.map(({ scope }) => scope)).toEqual(['default/prod']);
  });

  it('gives the folder of the scope that was asked for last as the one to use', async () => {
    const tag = await fetchAll();
    for (const scope of [DEV, PROD]) {
      const nowMs = NOW + (SCOPES.indexOf(scope) + 1) * HOUR;
      await fetchInto(scope, nowMs);
      const { json } = await bundle('status', { args: [], nowMs });
      expect(json.folder).toBe(join(cache, `default.${scope.environment}`, tag));
    }
  });

  it('makes no path of a scope that was written into the cache by hand', async () => {
    const tag = await fetchInto(DEV);
    const cachedAt = new Date(NOW + HOUR).toISOString();
    for (const wrong of [{ tenant: '../x' }, { environment: '..' }, { tenant: '' }]) {
      const name = JSON.stringify({ ...DEV, ...wrong, name: 'forged', tag, cachedAt });
      writeFileSync(join(cache, 'names', 'default.dev.forged.json'), name);
      const { code, json } = await bundle('status', { args: [] });
      expect([code, json.status, json.releases.length]).toEqual([0, 'loaded', 1]);
    }
  });
});
