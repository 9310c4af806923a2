import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256 } from '#domain/digest';
import { freePorts } from '#flow/free-ports';
import { type StoreEntry, writeCatalog } from '#stores/catalog-document';
import type { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { FakeClock } from '#test/support/fake-clock';
import { httpStore, HTTP_LIMITS as LIMITS, selfSigned } from '#test/support/http-store';
import {
  answer,
  answerThenClose,
  answerThenReset,
  CHUNKED,
  endless,
  files,
  hang,
  type RudeServer,
  startRudeServer,
} from '#test/support/rude-server';
import { readAll } from '#test/support/store-conformance';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';
import { watch } from '#test/support/watch';

const EMPTY = writeCatalog({ model_version: 'v1', datasets: [] });
const SHA256 = 'ab'.repeat(32) as Sha256;
const ARTIFACT = { sha256: SHA256, bytes: 10 };
// A store looks at nothing of an entry but the names of its files.
const ENTRY = { name: 'a', manifest: ARTIFACT, artifact: ARTIFACT } as unknown as StoreEntry;

describe('HttpS3Store over a connection that fails', () => {
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
  const asked = (count = 1): Promise<unknown> =>
    eventually('the request to come', () => server.requests.length === count);

  it('uses a connection again after a short error page, and drops it after a long one or one without end', async () => {
    server.behave(answer(404, { 'Content-Length': 4 }, 'gone'));
    for (let i = 0; i < 3; i += 1)
      await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'not_found' });
    expect(server.connections()).toBe(1);
    server.behave(answer(503, { 'Content-Length': 1_000_000 }, 'sigh'));
    await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'unavailable' });
    await server.abandoned();
    server.behave(answer(503, { 'Content-Length': 100 }, 'sigh'));
    const call = watch(store.fetchCatalog());
    await asked(5);
    await eventually('the page to be late', async () => {
      await clock.advance(LIMITS.firstByteMs - 1);
      return call.error;
    });
    expect(call.error).toMatchObject({ class: 'unavailable' });
    await server.abandoned();
  });

  it('waits for the head of a reply as long as it may, then drops the connection', async () => {
    server.behave(hang);
    const call = watch(store.fetchCatalog());
    await asked();
    await clock.advance(LIMITS.firstByteMs - 1);
    expect(call.error).toBeUndefined();
    await clock.advance(1);
    expect(call.error).toMatchObject({
      class: 'timeout',
      message: expect.stringContaining('no reply within 10000 ms'),
    });
    await server.abandoned();
  });

  it('drops a connection that falls silent in the middle, and says so', async () => {
    server.behave(answer(200, { 'Content-Length': 10 }, 'abc'));
    const { chunks } = await store.fetchArtifact(ENTRY, ARTIFACT);
    const iterator = chunks[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(Buffer.from('abc'));
    const rest = watch(iterator.next());
    await clock.advance(LIMITS.idleMs - 1);
    expect(rest.error).toBeUndefined();
    await clock.advance(1);
    expect(rest.error).toMatchObject({
      class: 'timeout',
      message: expect.stringContaining('nothing came for 15000 ms'),
    });
    await server.abandoned();
  });

  it('does not wait for ever for what drips, nor for a reader who never reads', async () => {
    let drip = (): void => undefined;
    server.behave((socket, request) => {
      answer(200, { 'Content-Length': 10 })(socket, request);
      drip = () => socket.write('x');
    });
    const { chunks } = await store.fetchArtifact(ENTRY, ARTIFACT);
    const iterator = chunks[Symbol.asyncIterator]();
    for (let left = LIMITS.artifactTotalMs; left > 0; left -= LIMITS.idleMs - 1) {
      drip();
      expect((await iterator.next()).done).toBe(false);
      await clock.advance(Math.min(left, LIMITS.idleMs - 1));
    }
    await expect(iterator.next()).rejects.toMatchObject({
      class: 'timeout',
      message: expect.stringContaining('it took longer than 100000 ms'),
    });
    await server.abandoned();
    const unread = await store.fetchArtifact(ENTRY, ARTIFACT);
    await clock.advance(LIMITS.idleMs);
    await server.abandoned();
    await expect(readAll(unread)).rejects.toMatchObject({
      class: 'timeout',
      message: expect.stringContaining('nobody read it for 15000 ms'),
    });
    const late = watch(store.fetchManifest(ENTRY));
    await asked(3);
    drip();
    await clock.advance(LIMITS.firstByteMs - 1);
    await clock.advance(LIMITS.totalMs);
    expect(late.error).toMatchObject({ class: 'timeout' });
    await server.abandoned();
  });

  it('does not connect anew for what was given up', async () => {
    server.behave(answer(200, { 'Content-Length': 100_000 }, 'abc'));
    for (let i = 0; i < 5; i += 1) {
      const { chunks } = await store.fetchArtifact(ENTRY, ARTIFACT);
      for await (const _ of chunks) break;
    }
    server.behave(hang);
    const call = watch(store.fetchCatalog());
    await asked(6);
    await clock.advance(LIMITS.firstByteMs);
    expect(call.error).toMatchObject({ class: 'timeout' });
    await server.abandoned();
    await store.close();
    expect(server.connections()).toBe(6);
  });

  it('reads an endless body no further than the most that a file may have, and drops the connection', async () => {
    // A digest may have 1 KiB: what is true of it is true of all.
    const catalog = answer(200, { 'Content-Length': EMPTY.bytes.length }, EMPTY.bytes);
    server.behave((socket, request) =>
      (request.includes('catalog.json') ? catalog : endless)(socket, request),
    );
    await expect(store.fetchCatalog()).rejects.toMatchObject({
      class: 'validation',
      message: expect.stringContaining('it goes on after 1024 bytes'),
    });
    await store.close();
    await server.abandoned();
  });

  it.each([
    ['closed', answerThenClose, { 'Content-Length': 10 }, 'abc'],
    ['reset', answerThenReset, { 'Content-Length': 10 }, 'abc'],
    ['closed as announced', answerThenClose, { 'Content-Length': 10, Connection: 'close' }, 'abc'],
    ['closed between chunks', answerThenClose, CHUNKED, '3\r\nabc\r\n'],
    [
      'closed as announced between chunks',
      answerThenClose,
      { ...CHUNKED, Connection: 'close' },
      '3\r\nabc\r\n',
    ],
  ])(
    'takes a connection that is %s in the middle for a broken network',
    async (_how, cut, headers, body) => {
      server.behave(cut(200, headers, body));
      const { message } = await store.fetchCatalog().then(
        () => new Error('it was taken'),
        (error: Error) => error,
      );
      await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'network' });
      expect(message).toMatch(/^Cannot get "catalog\.json" from source "far": ./);
      await server.abandoned();
    },
  );

  it("ends with the caller's reason before the head, in the middle, and before it began", async () => {
    const stop = new AbortController();
    const { signal } = stop;
    server.behave(hang);
    const waiting = watch(store.fetchCatalog(undefined, { signal }));
    await asked();
    server.behave(answer(200, { 'Content-Length': 10 }, 'abc'));
    const { chunks } = await store.fetchArtifact(ENTRY, ARTIFACT, { signal });
    const iterator = chunks[Symbol.asyncIterator]();
    await iterator.next();
    const reading = watch(iterator.next());
    await store.fetchArtifact(ENTRY, ARTIFACT, { signal });
    stop.abort(new Error('enough'));
    await eventually(
      'both to end',
      () => waiting.error !== undefined && reading.error !== undefined,
    );
    expect([waiting.error, reading.error]).toEqual([signal.reason, signal.reason]);
    await expect(store.fetchCatalog(undefined, { signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(3);
    await server.abandoned();
    await eventually('no listener', () => getEventListeners(signal, 'abort').length === 0);
  });

  it('a server that is not there, and one that speaks another protocol, is a broken network', async () => {
    await using other = await startRudeServer({ greeting: 'SSH-2.0-OpenSSH_9.2\r\n' });
    const [port = 0] = await freePorts(1);
    for (const baseUrl of [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${other.port}/`]) {
      const store = httpStore({ clock, baseUrl });
      await expect(store.fetchCatalog()).rejects.toMatchObject({ class: 'network' });
      await store.close();
    }
    const nowhere = httpStore({
      clock,
      baseUrl: 'http://store.example/',
      resolve: async () => {
        throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
      },
    });
    await expect(nowhere.fetchCatalog()).rejects.toMatchObject({
      class: 'network',
      message: expect.stringContaining('ENOTFOUND'),
    });
    await nowhere.close();
  });

  it('gives up a TLS handshake that is never answered', async () => {
    const baseUrl = server.url.replace('http:', 'https:');
    const other = httpStore({ clock, baseUrl, limits: { ...LIMITS, connectMs: 50 } });
    await expect(other.fetchCatalog()).rejects.toMatchObject({ class: 'timeout' });
    await server.abandoned();
    await other.close();
  });

  it('trusts a certificate of the authority it was given, and no other', async () => {
    using folder = tempFolder();
    const tls = selfSigned(folder.path);
    await using secure = await startRudeServer({ tls });
    secure.behave(files({ 'catalog.json': EMPTY.bytes }));
    const stranger = httpStore({ clock, baseUrl: secure.url });
    await expect(stranger.fetchCatalog()).rejects.toMatchObject({
      class: 'network',
      message: expect.stringContaining('self-signed certificate'),
    });
    await stranger.close();
    expect(secure.requests).toEqual([]);
    const friend = httpStore({ clock, baseUrl: secure.url, ca: tls.cert });
    expect(await friend.fetchCatalog()).toMatchObject({ kind: 'catalog' });
    await friend.close();
  });
});
