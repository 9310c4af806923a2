import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScope } from '#domain/scope';
import { newId } from '#flow/new-id';
import { manifestFolder } from '#projections/manifest-files/manifest-path';
import type { Api } from '#test/support/api';
import {
  exportManifests,
  inTenant,
  manifestsOf,
  seedDatasets,
} from '#test/support/manifest-export';
import {
  DATASETS,
  type Ended,
  EVENTS,
  type Exported,
  positionOf,
  type RegistryPair,
  runImport,
  startPair,
} from '#test/support/registry-pair';

let pair: RegistryPair;
let source: Api;
let target: Api;

beforeAll(async () => {
  pair = await startPair();
  ({ source, target } = pair);
});
afterAll(async () => {
  await pair[Symbol.asyncDispose]();
});

async function importInto(tenant: string, path: string, ...flags: string[]): Promise<Ended> {
  return await runImport([path, '--url', target.url, '--tenant', tenant, ...flags]);
}

/** Expects that an import is refused and leaves nothing in the log. */
async function expectRefusal(
  wanted: Exported,
  message: RegExp,
  ...flags: string[]
): Promise<string> {
  const before = await positionOf(target);
  const { code, stdout, stderr } = await importInto(wanted.tenant, wanted.store, ...flags);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('nothing was taken');
  expect([code, stdout]).toEqual([1, '']);
  expect(await positionOf(target)).toBe(before);
  return stderr;
}

describe('catalog import', () => {
  it('fills an empty registry with the same manifests and artifacts; run again it writes nothing', async () => {
    const { tenant, store } = await pair.exported();
    const before = await positionOf(target);
    const first = await importInto(tenant, store, '--json');
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('100 %')]);
    expect(JSON.parse(first.stdout)).toMatchObject({
      datasets: DATASETS,
      there_already: 0,
      registered: 2,
      published: 2,
      withdrawn: 2,
      artifacts_uploaded: 4,
      dry_run: false,
    });
    const manifests = await manifestsOf(target, tenant);
    expect(manifests).toHaveLength(DATASETS);
    expect(manifests).toEqual(await manifestsOf(source, tenant));
    for (const { artifact } of manifests) {
      const path = `${artifact?.sha256.slice(0, 2)}/${artifact?.sha256}`;
      if (artifact === undefined) continue;
      const { text } = await target.get(`/store/artifacts/sha256/${path}`);
      expect(text).toBe(readFileSync(join(store, 'artifacts/sha256', path), 'utf8'));
    }
    expect(await positionOf(target)).toBe(before + EVENTS);
    const again = await importInto(tenant, store);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(/^Imported 0 of 6 datasets .* 6 were there already\n$/),
    ]);
    expect(await positionOf(target)).toBe(before + EVENTS);
  });

  it('takes nothing where one file of many is damaged, and names it', async () => {
    const wanted = await pair.exported();
    const path = wanted.paths[3] ?? '';
    const bytes = readFileSync(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const stderr = await expectRefusal(wanted, /1 of 6 files cannot be read/);
    expect(stderr).toContain(
      `${path.slice(wanted.store.length + 1)}: Cannot read manifest file: its SHA-256`,
    );
  });

  it('names every file that is none, up to ten: links, strangers, files at the wrong place', async () => {
    const wanted = await pair.exported();
    const root = join(wanted.store, manifestFolder(parseScope(wanted.tenant, 'dev')));
    symlinkSync(join(root, 'a.parquet'), join(root, 'link.parquet'));
    symlinkSync(root, join(root, 'loop'));
    writeFileSync(join(root, 'notes.txt'), 'x');
    writeFileSync(join(root, 'empty.parquet'), '');
    cpSync(join(root, 'a.parquet'), join(root, 'other.parquet'));
    const five = await expectRefusal(wanted, /5 of 11 files cannot be read/);
    for (const line of [
      /\/link\.parquet: it is a link/,
      /\/loop: it is a link/,
      /\/notes\.txt: it is no manifest file/,
      /\/empty\.parquet: Cannot read manifest file: it has 0 bytes/,
      /\/other\.parquet: Cannot read manifest file at .*other.*of another dataset/,
    ])
      expect(five).toMatch(line);
    for (let i = 0; i < 20; i += 1) writeFileSync(join(root, `x${i}`), '');
    const stderr = await expectRefusal(wanted, /25 of 31 files cannot be read/);
    expect(stderr.split('\n').filter((line) => line.startsWith('  _catalog'))).toHaveLength(10);
    expect(stderr).toContain('and 15 more');
  });

  it('refuses a registry that holds anything else, and says what', async () => {
    const wanted = await pair.exported();
    const path = `${inTenant(wanted.tenant)}/registry/datasets`;
    const stranger = { name: 'stranger', schema_fingerprint: 'x', objects: [], row_count: 1 };
    await target.post(path, stranger);
    await target.post(path, { ...stranger, name: 'a' });
    const stderr = await expectRefusal(
      wanted,
      /of its 2 datasets 2 are not what this import brings/,
    );
    expect(stderr).toMatch(/\n {2}a \(registered\)\n {2}stranger \(registered\)\n/);
  });

  it('refuses datasets whose artifact is nowhere or damaged; told so, it registers them only', async () => {
    const wanted = await pair.exported();
    const manifests = await manifestsOf(source, wanted.tenant);
    const fileOf = (name: string): string => {
      const { artifact } = manifests.find((one) => one.name === name) ?? {};
      const sha256 = artifact?.sha256 ?? '';
      return join(wanted.store, 'artifacts/sha256', sha256.slice(0, 2), sha256);
    };
    const [lost, damaged] = [fileOf('drawn'), fileOf('replaced')];
    const kept = [readFileSync(lost), readFileSync(damaged)] as const;
    rmSync(lost);
    writeFileSync(damaged, Buffer.alloc(kept[1].length));
    const stderr = await expectRefusal(wanted, /of 2 datasets the artifact is neither in/);
    expect(stderr).toMatch(/\n {2}drawn: artifact \w+ is missing\n {2}replaced: .* is damaged\n/);
    const { stdout } = await importInto(
      wanted.tenant,
      wanted.store,
      '--without-artifacts',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ registered: 4, without_artifact: 2, published: 1 });
    const statuses = async () =>
      (await manifestsOf(target, wanted.tenant)).map(({ status }) => status.slice(0, 3));
    expect(await statuses()).toEqual(['pub', 'reg', 'reg', 'reg', 'reg', 'wit']);
    // The artifacts turn up again: the same command ends what it began.
    writeFileSync(lost, kept[0]);
    writeFileSync(damaged, kept[1]);
    expect((await importInto(wanted.tenant, wanted.store)).code).toBe(0);
    expect(await manifestsOf(target, wanted.tenant)).toEqual(manifests);
  });

  it('takes the manifests alone where the registry has the artifacts', async () => {
    const { tenant, store } = await pair.exported();
    const copy = join(pair.folder, newId());
    cpSync(join(store, manifestFolder(parseScope(tenant, 'dev'))), copy, { recursive: true });
    await expectRefusal(
      { tenant, store: copy, paths: [] },
      /of 4 datasets the artifact is neither/,
    );
    for (const { artifact } of await manifestsOf(source, tenant)) {
      if (artifact === undefined) continue;
      const { sha256 } = artifact;
      const raw = readFileSync(join(store, 'artifacts/sha256', sha256.slice(0, 2), sha256));
      await target.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw });
    }
    const { stdout } = await importInto(tenant, copy, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ published: 2, withdrawn: 2, artifacts_uploaded: 0 });
    expect(await manifestsOf(target, tenant)).toEqual(await manifestsOf(source, tenant));
  });

  it("the files in a registry's own store are listed nowhere and served to nobody", async () => {
    const { tenant } = await pair.exported();
    const reads = ['/catalog', `${inTenant(tenant)}/catalog`, '/registry/datasets?limit=1000'];
    const bodies = async () =>
      Promise.all(reads.map(async (path) => (await source.get(path)).text));
    const before = await bodies();
    const paths = await exportManifests(source, { tenant, store: join(pair.folder, 'from/store') });
    expect(await bodies()).toEqual(before);
    const path = (paths[0] ?? '').slice(join(pair.folder, 'from/store').length);
    for (const url of [`/store${path}`, `${inTenant(tenant)}/store${path}`, path]) {
      const { status } = await source.send(url, { undocumented: true });
      expect([url, status]).toEqual([url, 404]);
    }
  });

  it('without flags takes the default tenant and environment', async () => {
    await seedDatasets(source, 'default');
    const store = join(pair.folder, 'from', 'store');
    const paths = await exportManifests(source, { tenant: 'default', store });
    expect(paths).toContain(join(store, '_catalog/manifests/a.parquet=/b.parquet'));
    expect((await runImport([store, '--url', `${target.url}/`])).code).toBe(0);
    expect(await manifestsOf(target, 'default')).toEqual(await manifestsOf(source, 'default'));
  });

  it('with --dry-run checks everything and writes nothing', async () => {
    const { tenant, store } = await pair.exported();
    const before = await positionOf(target);
    const { code, stdout } = await importInto(tenant, store, '--dry-run');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Would import 6 of 6 datasets/)]);
    expect(await positionOf(target)).toBe(before);
    expect(await manifestsOf(target, tenant)).toEqual([]);
  });

  it('refuses folders without manifests of the scope, wrong scopes and registries that do not answer', async () => {
    const { tenant, store } = await pair.exported();
    const url = ['--url', target.url];
    const cases: [readonly string[], RegExp][] = [
      [[join(store, 'nowhere'), ...url], /it is no folder/],
      [[store, ...url], /the store has no _catalog\/manifests/],
      [[join(store, 'artifacts'), ...url], /files cannot be read/],
      [[store, ...url, '--tenant', 'A B'], /Cannot use tenant "A B"/],
      [[store, '--tenant', tenant, '--url', 'http://127.0.0.1:1'], /does not answer/],
    ];
    const empty = join(pair.folder, newId());
    mkdirSync(empty);
    for (const [args, message] of [
      ...cases,
      [[empty, ...url], /holds no manifest file/] as const,
    ]) {
      const { code, stderr } = await runImport(args);
      const want = message.source === 'does not answer' ? 3 : 1;
      expect([code, stderr]).toEqual([want, expect.stringMatching(message)]);
    }
  });
});
