import { readdirSync, statSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSOLE_PACKAGES } from '#test/support/lock-file';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const root = join(import.meta.dirname, '../..');
const assets = join(root, 'dist/console/assets');
const FIRST_LOAD_BYTES_MAX = 150_000;
const PICTURE_BYTES_MAX = 150_000;

describe('the files of the console', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  it('all scripts together are below 150 kB as they are sent', () => {
    const scripts = readdirSync(assets).filter((name) => name.endsWith('.js.gz'));
    const bytes = scripts.reduce((sum, name) => sum + statSync(join(assets, name)).size, 0);
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX);
  });

  it('every page of the console is one document, under a policy that lets nothing else in', async () => {
    for (const path of ['/console', '/console/', '/console/datasets/a/b', '/console/nowhere']) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
  });

  it('a file whose name changes with its content is kept for ever, each encoding under a tag of its own', async () => {
    const name = readdirSync(assets).find((file) => file.endsWith('.js'));
    const path = `/console/assets/${name}`;
    const plain = await get(path);
    const packed = await get(path, { 'Accept-Encoding': 'br' });
    expect(packed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(packed.headers['content-encoding']).toBe('br');
    expect(packed.headers['vary']).toBe('Accept-Encoding');
    expect(packed.bytes).toBeLessThan(plain.bytes);
    expect(packed.headers.etag).not.toBe(plain.headers.etag);
    const again = await get(path, {
      'Accept-Encoding': 'br',
      'If-None-Match': String(packed.headers.etag),
    });
    expect([again.status, again.bytes]).toEqual([304, 0]);
  });

  it('the licences of what the script is made from come with it', async () => {
    const found = await fetch(`${registry.registry.url}/console/licences.txt`);
    expect(found.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await found.text();
    const named = [...text.matchAll(/^## (\S+) /gm)].map(([, name = '']) => name);
    expect(named.toSorted()).toEqual(CONSOLE_PACKAGES);
    expect(text).toContain('Permission is hereby granted');
  });

  it('the pictures of the documentation are small', () => {
    const folder = join(root, 'docs/images');
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).size, name).toBeLessThan(PICTURE_BYTES_MAX);
  });

  it('what is no file of the console is not found, wherever the path leads', async () => {
    for (const path of ['none.js', '../../../package.json', '%2e%2e/%2e%2e/package.json'])
      expect((await get(`/console/assets/${path}`)).status).toBe(404);
    expect((await get('/console', {}, 'POST')).status).toBe(404);
  });

  interface Got {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly bytes: number;
  }

  // Node's own client sends a path as it is: fetch would take the dots out.
  async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const { hostname, port } = new URL(registry.registry.url);
    return await new Promise<Got>((resolve, reject) => {
      const sent = request({ hostname, port, path, headers, method }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, bytes }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });
  }
});
