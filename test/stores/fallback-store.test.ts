import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { systemClock } from '#flow/clock';
import { type FakeScript, parseFakeScript } from '#stores/fake/fake-script';
import { FakeStore } from '#stores/fake/fake-store';
import { FallbackStore } from '#stores/fallback-store';
import { artifactPath, manifestPath } from '#stores/layout';
import { LocalfsStore } from '#stores/localfs/localfs-store';
import type { Store } from '#stores/store';
import { readAll, someBytes, storeConformance } from '#test/support/store-conformance';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';

const local = (source: string, root: string): LocalfsStore => new LocalfsStore({ source, root });

storeConformance('fallback, the first has everything', (folder) => {
  const empty = join(folder.path, 'empty');
  return new FallbackStore(local('first', folder.path), local('second', empty));
});

storeConformance('fallback, the second has everything but the catalog', (folder) => {
  const first = local('first', folder.path);
  const empty = local('first', join(folder.path, 'empty'));
  const catalogAlone: Store = {
    backend: first.backend,
    source: first.source,
    fetchCatalog: async (...request) => first.fetchCatalog(...request),
    fetchManifest: async (...request) => empty.fetchManifest(...request),
    fetchArtifact: async (...request) => empty.fetchArtifact(...request),
    close: async () => first.close(),
  };
  return new FallbackStore(catalogAlone, local('second', folder.path));
});

describe('FallbackStore', () => {
  let temporary: TempFolder;
  let [first, second]: StoreFolder[] = [];
  beforeEach(() => {
    temporary = tempFolder();
    first = new StoreFolder(join(temporary.path, 'first'));
    second = new StoreFolder(join(temporary.path, 'second'));
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function folders(): { readonly a: StoreFolder; readonly b: StoreFolder } {
    if (first === undefined || second === undefined) throw new Error('no folders');
    return { a: first, b: second };
  }

  function open(scripts: { readonly a?: object; readonly b?: object } = {}): FallbackStore {
    const { a, b } = folders();
    const faked = (source: string, root: string, script: object = {}): FakeStore => {
      const parsed: FakeScript = parseFakeScript(JSON.stringify(script));
      const content = local(source, root);
      return new FakeStore({ source, content, script: parsed, clock: systemClock });
    };
    return new FallbackStore(faked('a', a.path, scripts.a), faked('b', b.path, scripts.b));
  }

  it('asks the first before the second, for manifests and artifacts', async () => {
    const { a, b } = folders();
    const entry = a.add('x', someBytes(10));
    b.add('x', someBytes(10));
    const store = open();
    expect((await store.fetchArtifact(entry, entry.artifact)).source).toBe('a');
    a.remove(artifactPath(entry.artifact.sha256));
    a.remove(manifestPath(entry.name, entry.manifest.sha256));
    expect((await store.fetchArtifact(entry, entry.artifact)).source).toBe('b');
    expect(await store.fetchManifest(entry)).toMatchObject({ name: 'x' });
  });

  it.each([
    ['is away', { status: 503 }],
    ['forbids it', { status: 403 }],
    ['does not have it', { status: 404 }],
  ])('asks the second when the first %s', async (_what, step) => {
    const { a, b } = folders();
    const entry = a.add('x', someBytes(10));
    b.add('x', someBytes(10));
    const store = open({ a: { artifact: [step], manifest: [step] } });
    const stream = await store.fetchArtifact(entry, entry.artifact);
    expect([stream.source, sha256Of(await readAll(stream))]).toEqual(['b', entry.artifact.sha256]);
    expect(await store.fetchManifest(entry)).toMatchObject({ name: 'x' });
  });

  it('asks the first last when its bytes were wrong before, but does ask it', async () => {
    const { a, b } = folders();
    const entry = a.add('x', someBytes(10));
    b.add('x', someBytes(10));
    const store = open();
    const last = new Set(['a']);
    expect((await store.fetchArtifact(entry, entry.artifact, { last })).source).toBe('b');
    b.remove(artifactPath(entry.artifact.sha256));
    expect((await store.fetchArtifact(entry, entry.artifact, { last })).source).toBe('a');
    const both = new Set(['a', 'b']);
    expect((await store.fetchArtifact(entry, entry.artifact, { last: both })).source).toBe('a');
  });

  it('gives a rest from any offset on, from whoever answers', async () => {
    const { a, b } = folders();
    const bytes = someBytes(1_000);
    const entry = a.add('x', bytes);
    b.add('x', bytes);
    const store = open({ a: { artifact: [{ status: 500 }] } });
    for (const source of ['b', 'a']) {
      const rest = await store.fetchArtifact(entry, entry.artifact, { offset: 600 });
      expect([rest.source, rest.offset]).toEqual([source, 600]);
      expect((await readAll(rest)).equals(bytes.subarray(600))).toBe(true);
    }
  });

  it('says of the first why it failed when the second does not have it, else of the second', async () => {
    const { a, b } = folders();
    const entry = a.add('x', someBytes(10));
    const script = { artifact: [{ status: 503 }, { status: 503 }] };
    const alone = open({ a: script });
    await expect(alone.fetchArtifact(entry, entry.artifact)).rejects.toMatchObject({
      class: 'unavailable',
      source: 'a',
    });
    b.add('x', someBytes(10));
    a.remove(artifactPath(entry.artifact.sha256));
    // It may have it: "not found" would be a claim too much.
    await expect(open({ b: script }).fetchArtifact(entry, entry.artifact)).rejects.toMatchObject({
      class: 'unavailable',
      source: 'b',
    });
  });

  it('does not ask the second for somebody who has gone', async () => {
    const { a } = folders();
    const entry = a.add('x', someBytes(10));
    const signal = AbortSignal.abort(new Error('gone'));
    const store = open({ b: { artifact: [{ hangs: true }] } });
    await expect(store.fetchArtifact(entry, entry.artifact, { signal })).rejects.toThrow('gone');
  });
});
