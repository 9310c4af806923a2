import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256 } from '#domain/digest';
import { CATALOG_BYTES_MAX, type StoreEntry, writeCatalog } from '#stores/catalog-document';
import type { HttpTransportOptions } from '#stores/http-s3/http-options';
import type { HttpS3Store } from '#stores/http-s3/http-s3-store';
import type { HttpTransport } from '#stores/http-s3/http-transport';
import { FakeClock } from '#test/support/fake-clock';
import { HTTP_LIMITS, httpStore, httpTransport } from '#test/support/http-store';
import {
  answer,
  answerThenClose,
  CHUNKED,
  files,
  type RudeServer,
  startRudeServer,
} from '#test/support/rude-server';
import { readAll } from '#test/support/store-conformance';
import { eventually } from '#test/support/wait';

const EMPTY = writeCatalog({ model_version: 'v1', datasets: [] });
const SHA256 = 'ab'.repeat(32) as Sha256;
const ARTIFACT = { sha256: SHA256, bytes: 10 };
// A store looks at nothing of an entry but the names of its files.
const ENTRY = { name: 'a', manifest: ARTIFACT, artifact: ARTIFACT } as unknown as StoreEntry;

describe('HttpS3Store, given a reply,', () => {
  let server: RudeServer;
  let clock: FakeClock;
  let store: HttpS3Store;
  beforeEach(async () => {
    server = await startRudeServer();
    clock = new FakeClock();
    store = httpStore({ baseUrl: server.url, clock });
  });
  afterEach(async () => {
    await store.close();
    await server[Symbol.asyncDispose]();
    // None stays behind, whatever was done here.
    await eventually('every timer to be ended', () => clock.sleeping === 0);
  });

  it.each([
    [404, 'not_found'],
    [410, 'not_found'],
    [401, 'unavailable'],
    [403, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [408, 'timeout'],
    [504, 'timeout'],
    [405, 'unsupported'],
    [501, 'unsupported'],
    [400, 'validation'],
    [418, 'validation'],
    [204, 'validation'],
  ])('takes status %i as %s, and names status and source', async (status, errorClass) => {
    const length = status === 204 ? {} : { 'Content-Length': 4 };
    server.behave(answer(status, length, status === 204 ? '' : 'sigh'));
    await expect(store.fetchCatalog()).rejects.toMatchObject({
      class: errorClass,
      backend: 'http_s3',
      message: expect.stringMatching(new RegExp(`source "far": it answered ${status}`)),
    });
  });

  it('does not begin to read what says that it is too long', async () => {
    server.behave(answer(200, { 'Content-Length': CATALOG_BYTES_MAX + 1 }, 'x'));
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
    await server.abandoned();
  });

  it('an artifact that ends before its size is a broken network, one that goes on is refused', async () => {
    const part = { ...CHUNKED, 'Content-Range': 'bytes 5-9/10' };
    const read = async (): Promise<Buffer> =>
      await readAll(await store.fetchArtifact(ENTRY, ARTIFACT, { offset: 5 }));
    server.behave(answer(206, part, '3\r\nabc\r\n0\r\n\r\n'));
    await expect(read()).rejects.toMatchObject({
      class: 'network',
      message: expect.stringContaining('it ended after 8 bytes (want 10)'),
    });
    server.behave(answer(206, part, '6\r\nabcdef\r\n0\r\n\r\n'));
    await expect(read()).rejects.toMatchObject({ class: 'validation' });
    server.behave(answer(206, part, '5\r\nabcde\r\n0\r\n\r\n'));
    expect(String(await read())).toBe('abcde');
  });

  it.each([
    ['all of it', 200, { 'Content-Length': 10 }, 'unsupported'],
    ['another part', 206, { 'Content-Range': 'bytes 4-9/10' }, 'validation'],
    ['a part of nothing', 206, {}, 'validation'],
    ['a part of something unknown', 206, { 'Content-Range': 'bytes 5-9/*' }, 'validation'],
    ['416 and a smaller size', 416, { 'Content-Range': 'bytes */4' }, 'validation'],
    ['416 and no size', 416, {}, 'validation'],
    ['416 and a larger size', 416, { 'Content-Range': 'bytes */11' }, 'validation'],
  ])(
    'refuses %s where bytes from an offset on were asked for',
    async (_what, status, headers, errorClass) => {
      server.behave(answerThenClose(status, headers, '0123456789'));
      const fetching = store.fetchArtifact(ENTRY, ARTIFACT, { offset: 5 });
      await expect(fetching).rejects.toMatchObject({ class: errorClass });
      await server.abandoned();
    },
  );

  it('gives nothing from the end of an artifact on, whose size the server says with 416', async () => {
    server.behave(answer(416, { 'Content-Range': 'bytes */10', 'Content-Length': 0 }));
    const stream = await store.fetchArtifact(ENTRY, ARTIFACT, { offset: 10 });
    expect([stream.bytes, stream.offset, (await readAll(stream)).length]).toEqual([10, 10, 0]);
  });

  it('refuses an artifact whose size nobody says, and a part that nobody asked for', async () => {
    server.behave(answer(200, CHUNKED, '3\r\nabc\r\n0\r\n\r\n'));
    const refused = { class: 'validation' };
    await expect(store.fetchArtifact(ENTRY, ARTIFACT)).rejects.toMatchObject(refused);
    server.behave(answer(206, { 'Content-Range': 'bytes 0-9/10', 'Content-Length': 10 }));
    await expect(store.fetchArtifact(ENTRY, ARTIFACT)).rejects.toMatchObject(refused);
  });

  it('goes to no other place, and names only its origin', async () => {
    const headers = { Location: 'https://else.example/x?signature=secret', 'Content-Length': 0 };
    for (const status of [301, 302, 303, 307, 308]) {
      server.behave(answer(status, headers));
      const error: unknown = await store.fetchCatalog().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        class: 'validation',
        message: expect.stringMatching(/ points to "https:\/\/else\.example" \(want /),
      });
    }
    expect(server.requests).toHaveLength(5);
  });

  it('asks for no compression and unpacks none', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    for (const encoding of ['gzip', 'br', 'identity, gzip']) {
      const headers = { 'Content-Encoding': encoding, 'Content-Length': bomb.length };
      server.behave(answer(200, headers, bomb));
      await expect(store.fetchCatalog()).rejects.toMatchObject({
        class: 'validation',
        message: expect.stringContaining(`Content-Encoding "${encoding}" (want "identity")`),
      });
    }
    await server.abandoned();
    expect(server.requests[0]).toMatch(/\r\naccept-encoding: identity\r\n/i);
  });

  it('refuses 304 when it has not said what it has', async () => {
    server.behave(answer(304, { ETag: '"x"' }));
    const refused = { class: 'validation', message: expect.stringContaining('unchanged') };
    await expect(store.fetchCatalog()).rejects.toMatchObject(refused);
    await expect(store.fetchManifest(ENTRY)).rejects.toMatchObject(refused);
    await expect(store.fetchArtifact(ENTRY, ARTIFACT)).rejects.toMatchObject(refused);
  });

  it.each([
    ['huge headers', { 'X-Large': 'x'.repeat(20_000) }],
    [
      'very many headers',
      Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`x-${i}`, 'yes'])),
    ],
  ])('refuses a reply with %s', async (_what, headers) => {
    server.behave(answer(200, headers, 'x'));
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
    await server.abandoned();
  });

  it('refuses what is not HTTP', async () => {
    server.behave((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    });
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
    await server.abandoned();
  });

  it.each([
    ['none', undefined],
    ['one that is none', 'unquoted'],
  ])('makes the entity tag itself where the server sends %s', async (_what, tag) => {
    const headers = tag === undefined ? {} : { ETag: tag };
    server.behave(files({ 'catalog.json': EMPTY.bytes }, headers));
    const etag = `"${EMPTY.sha256}"`;
    expect(await store.fetchCatalog()).toMatchObject({ kind: 'catalog', etag });
    expect(await store.fetchCatalog(etag)).toEqual({ kind: 'not_modified' });
  });

  it('takes no entity tag for a digest, and passes a weak one on as it is', async () => {
    for (const etag of [`"${SHA256}"`, `W/"${EMPTY.sha256}"`]) {
      server.behave(files({ 'catalog.json': EMPTY.bytes }, { ETag: etag }));
      expect(await store.fetchCatalog()).toMatchObject({ kind: 'catalog', etag });
      expect(await store.fetchCatalog(etag)).toMatchObject({ kind: 'catalog', etag });
      expect(server.requests.join('')).toContain(`if-none-match: ${etag}\r\n`);
    }
  });

  it('refuses a catalog that never fits its digest, and a digest that is too long', async () => {
    server.behave(files({ 'catalog.json': EMPTY.bytes, 'catalog.sha256': SHA256 }));
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'checksum' });
    server.behave(files({ 'catalog.json': EMPTY.bytes, 'catalog.sha256': 'a'.repeat(1_025) }));
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'validation' });
    const text = `${EMPTY.sha256.toUpperCase()} *catalog.json\n`;
    server.behave(files({ 'catalog.json': EMPTY.bytes, 'catalog.sha256': text }));
    expect(await store.fetchCatalog()).toMatchObject({ kind: 'catalog' });
  });
});

describe('new HttpTransport()', () => {
  const make = (options: Partial<HttpTransportOptions>): HttpTransport =>
    httpTransport({ baseUrl: 'https://store.example/', ...options });

  it.each([
    'store.example',
    'ftp://store.example/',
    'file:///etc',
    'https://user:hidden@store.example/',
    'https://hidden@store.example/',
    'https://store.example/?hidden=1',
    'https://store.example/?',
    'https://store.example/#hidden',
    '',
  ])('refuses the URL %j, and does not show what may be secret in it', (baseUrl) => {
    const refused = { code: 'INVALID_SETTING', message: expect.not.stringContaining('hidden') };
    expect(() => make({ baseUrl })).toThrow(expect.objectContaining(refused));
  });

  it.each(['', 'a b', 'hidden\r\nX: y', 'hidden\u00e4'])(
    'refuses the token %j without showing it',
    (bearerToken) => {
      const refused = { code: 'INVALID_SETTING', message: expect.not.stringContaining('hidden') };
      expect(() => make({ bearerToken })).toThrow(expect.objectContaining(refused));
    },
  );

  it.each([0, -1, 1.5, Number.NaN, 2_147_483_648])('refuses a wait of %d ms', (artifactTotalMs) => {
    const limits = { ...HTTP_LIMITS, artifactTotalMs };
    expect(() => make({ limits })).toThrow(RangeError);
  });
});
