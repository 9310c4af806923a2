import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Release } from '#cli/bundle/build-release';
import { BundleCache } from '#cli/bundle/bundle-cache';
import { RELEASE_FILE_NAMES, sha256Hex } from '#cli/bundle/release-format';
import { newId } from '#flow/new-id';
import { type KeyFiles, keyFiles, serving, smallRelease } from '#test/cli/bundle-bed';
import {
  type Ended,
  nobody,
  runContract,
  type StubAnswer,
  type StubServer,
  stubRegistry,
} from '#test/cli/contract-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const NOW = Date.parse('2026-02-04T00:00:00Z');
const HOUR = 3_600_000;
/** The folder of the scope that releases come from here. */
const SCOPE = 'default.dev';

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

interface FetchRun {
  readonly args?: readonly string[];
  readonly nowMs?: number;
  readonly signalled?: Promise<string>;
}

async function fetchFrom(url: string, { args = [], nowMs = NOW, signalled }: FetchRun = {}) {
  const fixed = ['--url', url, '--json', '--cache', cache, '--public-key', own.publicPath];
  const signal = signalled === undefined ? {} : { signalled };
  const ended = await runContract(['bundle', 'fetch', ...fixed, ...args], { nowMs, ...signal });
  return { ...ended, json: ended.stdout === '' ? undefined : JSON.parse(ended.stdout) };
}

/** Fills the cache from a registry that is gone afterwards. */
async function cachedBefore(release: Release): Promise<void> {
  await using server = await stubRegistry(serving(release));
  expect((await fetchFrom(server.url)).json.status).toBe('loaded');
}

describe('contract bundle fetch while the registry is away', () => {
  it('uses the last release that verified: exit 0, a warning, using_fallback', async () => {
    const release = smallRelease(own.key);
    await cachedBefore(release);
    const { code, json } = await fetchFrom(await nobody(), { nowMs: NOW + 24 * HOUR });
    expect(code).toBe(0);
    expect(json).toMatchObject({
      status: 'using_fallback',
      usingFallback: true,
      metadata: { tag: release.manifest.tag, cachedAt: new Date(NOW).toISOString() },
      folder: join(cache, SCOPE, release.manifest.tag),
      alerts: [{ severity: 'warning', message: expect.stringContaining('ECONNREFUSED') }],
    });
  });

  it('uses it no longer once it is too old: exit 3, stale, and no folder to use', async () => {
    await cachedBefore(smallRelease(own.key));
    const { code, json } = await fetchFrom(await nobody(), { nowMs: NOW + 24 * HOUR + 1 });
    expect([code, json.status, json.folder]).toEqual([3, 'stale', undefined]);
    expect(json.alerts[1]).toMatchObject({ severity: 'critical' });
    const args = ['--max-age-hours', '25'];
    const more = await fetchFrom(await nobody(), { nowMs: NOW + 24 * HOUR + 1, args });
    expect(more.json.status).toBe('using_fallback');
  });

  it('takes a time in the future for no freshness', async () => {
    await cachedBefore(smallRelease(own.key));
    const { json } = await fetchFrom(await nobody(), { nowMs: NOW - HOUR });
    expect(json.status).toBe('stale');
  });

  it('says download_error where nothing is cached: exit 3', async () => {
    const { code, json } = await fetchFrom(await nobody());
    expect([code, json.status, json.metadata, json.usingFallback]).toEqual([
      3,
      'download_error',
      null,
      false,
    ]);
  });

  it.each([
    ['answers 503', () => ({ status: 503, body: { code: 'NOT_READY', detail: 'later' } })],
    ['is cut off', () => undefined],
    ['is a stranger that answers HTML', () => ({ body: '<h1>hello</h1>' })],
    ['is a stranger that answers 404', () => ({ status: 404, body: '{}' })],
    ['is a stranger that answers 403', () => ({ status: 403, body: '{}' })],
  ] as readonly [string, () => StubAnswer][])('counts it as away when it %s', async (_, answer) => {
    await cachedBefore(smallRelease(own.key));
    await using server = await stubRegistry(answer);
    const { code, json } = await fetchFrom(server.url);
    expect([code, json.status]).toEqual([0, 'using_fallback']);
  });

  it.each([1, 2, 3, 4])(
    'writes nothing when the registry dies after %i answers',
    async (answers) => {
      const before = smallRelease(own.key, {}, 'before');
      await cachedBefore(before);
      const after = serving(smallRelease(own.key, { position: 43 }, 'after'));
      let left = answers;
      await using server = await stubRegistry((request) => {
        left -= 1;
        return left < 0 ? undefined : after(request);
      });
      const { json } = await fetchFrom(server.url);
      expect(json).toMatchObject({
        status: 'using_fallback',
        metadata: { tag: before.manifest.tag },
      });
      expect(readdirSync(cache).toSorted()).toEqual([SCOPE, 'names']);
      expect(readdirSync(join(cache, SCOPE))).toEqual([before.manifest.tag]);
    },
  );

  it('waits no longer than the deadline for an answer that does not come', async () => {
    await cachedBefore(smallRelease(own.key));
    await using server = await stubRegistry(async () => await new Promise(() => undefined));
    const { code, json } = await fetchFrom(server.url, { args: ['--deadline-seconds', '0.2'] });
    expect([code, json.status]).toEqual([0, 'using_fallback']);
    expect(json.alerts[0].message).toContain('has not answered in time');
  });

  it('ends with 130 when it is stopped meanwhile, and does not fall back', async () => {
    await cachedBefore(smallRelease(own.key));
    let stop: (name: string) => void = () => undefined;
    const signalled = new Promise<string>((resolve) => {
      stop = resolve;
    });
    await using server = await stubRegistry(async () => {
      stop('SIGINT');
      return await new Promise(() => undefined);
    });
    const { code, stdout, stderr } = await fetchFrom(server.url, { signalled });
    expect([code, stdout, stderr]).toEqual([130, '', 'Stopped by SIGINT\n']);
  });
});

describe('contract bundle fetch of what is cached', () => {
  async function status(server: StubServer | undefined): Promise<string> {
    return (await fetchFrom(server?.url ?? (await nobody()))).json.status;
  }

  it('never uses a cached file that was changed, and mends it from the registry', async () => {
    const release = smallRelease(own.key);
    for (const name of RELEASE_FILE_NAMES) {
      await cachedBefore(release);
      writeFileSync(join(cache, SCOPE, release.manifest.tag, name), 'x');
      expect(await status(undefined)).toBe('download_error');
      await using server = await stubRegistry(serving(release));
      expect(await status(server)).toBe('loaded');
      expect(await status(undefined)).toBe('using_fallback');
    }
  });

  it('follows no link in the cache, and no name that is no tag', async () => {
    const release = smallRelease(own.key);
    const { tag } = release.manifest;
    await cachedBefore(release);
    const elsewhere = join(folder.path, newId());
    const place = { tenant: 'default', environment: 'dev', tag };
    await new BundleCache(elsewhere).write(place, release.files);
    const inCache = join(cache, SCOPE, tag, 'bundle.json');
    rmSync(inCache);
    symlinkSync(join(elsewhere, SCOPE, tag, 'bundle.json'), inCache);
    expect(await status(undefined)).toBe('download_error');
    const pointer = join(cache, 'names', 'default.dev.contracts-latest.json');
    const facts = { tenant: 'default', environment: 'dev', name: 'contracts-latest' };
    const cachedAt = new Date(NOW).toISOString();
    writeFileSync(pointer, JSON.stringify({ ...facts, tag: `../${newId()}`, cachedAt }));
    expect(await status(undefined)).toBe('download_error');
    const paths = new BundleCache(cache);
    const wrong = [{ tag: '../x' }, { tag: '' }, { tenant: '..' }, { tenant: 'a.b' }];
    for (const part of [...wrong, { environment: '../x' }, { environment: '' }]) {
      expect(() => paths.folderOf({ ...place, ...part })).toThrow(TypeError);
      await expect(paths.read({ ...place, ...part })).rejects.toThrow(TypeError);
      await expect(paths.write({ ...place, ...part }, release.files)).rejects.toThrow(TypeError);
    }
  });

  it('takes the fallback tag where nothing else is there, from the cache alone', async () => {
    const good = smallRelease(own.key, {}, 'good');
    const { tag } = good.manifest;
    await using server = await stubRegistry(serving(good));
    await fetchFrom(server.url, { args: ['--tag', tag] });
    const args = ['--fallback-tag', tag];
    const { code, json } = await fetchFrom(await nobody(), { args });
    expect([code, json.status, json.metadata.tag]).toEqual([0, 'using_fallback', tag]);
  });

  it('cuts off a file that is larger than it was said to be', async () => {
    const release = smallRelease(own.key);
    const honest = serving(release);
    let sent = 0;
    await using server = await stubRegistry((request) => {
      const answer = honest(request);
      if (!request.path.includes(sha256Hex(release.files['bundle.json']))) return answer;
      sent += 1;
      return { body: 'x'.repeat(8 * 1_024 * 1_024) };
    });
    const { code, json } = await fetchFrom(server.url);
    expect([code, json.status, sent]).toEqual([1, 'verification_failed', 1]);
    expect(json.alerts[0].message).toMatch(/bundle\.json is larger than its \d+ bytes/);
    expect(() => readdirSync(cache)).toThrow('ENOENT');
  });

  it('replaces a folder that is in the way, and leaves no other behind', async () => {
    const release = smallRelease(own.key);
    const { tag } = release.manifest;
    const there = join(cache, SCOPE, tag);
    mkdirSync(join(there, 'bundle.json'), { recursive: true });
    await cachedBefore(release);
    expect(readdirSync(cache).toSorted()).toEqual([SCOPE, 'names']);
    expect(readdirSync(join(cache, SCOPE))).toEqual([tag]);
    expect(readdirSync(there).toSorted()).toEqual([...RELEASE_FILE_NAMES].toSorted());
  });

  it('gives every one of 12 fetchers at once a whole release', async () => {
    const release = smallRelease(own.key);
    await using server = await stubRegistry(serving(release));
    const ended = await Promise.all(Array.from({ length: 12 }, async () => fetchFrom(server.url)));
    expect(ended.map(({ json }) => json.status)).toEqual(Array(12).fill('loaded'));
    expect(readdirSync(cache).toSorted()).toEqual([SCOPE, 'names']);
    expect(readdirSync(join(cache, SCOPE))).toEqual([release.manifest.tag]);
    expect(await status(undefined)).toBe('using_fallback');
  });
});

describe('contract bundle used wrongly', () => {
  it.each([
    [['fetch'], /--public-key/],
    [['fetch', '--public-key', 'none.pem'], /Cannot read key "none\.pem"/],
    [['fetch', '--tag', 'latest', '--public-key', '@'], /Cannot use tag "latest"/],
    [['fetch', '--alias', '../x', '--public-key', '@'], /Cannot use --alias/],
    [['fetch', '--alias', 'contracts-20260101-00000000', '--public-key', '@'], /and no tag/],
    [['fetch', '--alias', 'a', '--tag', 'b', '--public-key', '@'], /want one of them/],
    [['fetch', '--max-age-hours', '-1', '--public-key', '@'], /number of hours/],
    [['fetch', '--deadline-seconds', '0', '--public-key', '@'], /number of seconds/],
    [['release'], /--key/],
    [['release', '--key', '@', '--url', 'nowhere'], /Cannot use address "nowhere"/],
    [['release', '--key', '@', '--select', 'a.'], /want an --alias of its own/],
    [['release', '--key', '@', '--url', 'http://u:secret@x'], /^(?!.*secret).*without a password/],
    [['verify', '--public-key', '@'], /folder/],
    [['fly'], /unknown command|too many arguments/],
  ] as readonly [readonly string[], RegExp][])('exits with 2 for %j', async (args, want) => {
    const path = args[0] === 'release' ? own.privatePath : own.publicPath;
    const run = ['bundle', ...args.map((arg) => (arg === '@' ? path : arg))];
    const ended: Ended = await runContract(run);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(want);
  });
});
