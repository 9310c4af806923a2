import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImportOptions, importCatalog } from '#cli/catalog-import/import-catalog';
import { RegistryClient, type SendOptions } from '#cli/remote/registry-client';
import { parseScope } from '#domain/scope';
import { newId } from '#flow/new-id';
import { manifestFolder } from '#projections/manifest-files/manifest-path';
import { readManifestFile } from '#projections/manifest-files/read-manifest-file';
import type { Api } from '#test/support/api';
import { manifestsOf } from '#test/support/manifest-export';
import {
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

function optionsFor({ tenant, store }: Exported, rest: Partial<ImportOptions>): ImportOptions {
  return {
    folder: store,
    url: target.url,
    tenant,
    environment: 'dev',
    dryRun: false,
    withoutArtifacts: false,
    format: {
      folderOf: (one, environment) => manifestFolder(parseScope(one, environment)),
      read: readManifestFile,
    },
    signal: new AbortController().signal,
    progress: { begin: () => {}, advance: () => {} },
    ...rest,
  };
}

describe('catalog import, cut off', () => {
  it('ends in the same state, without an event twice, after the answer to any request was lost', async () => {
    const wanted = await pair.exported();
    const before = await positionOf(target);
    let sent = 0;
    class LossyClient extends RegistryClient {
      override async send<T>(path: string, options: SendOptions): Promise<T> {
        const answer = await super.send<T>(path, options);
        if (options.method !== 'GET') sent += 1;
        if (sent === losing) throw new Error(`lost the answer of ${path}`);
        return answer;
      }
    }
    let losing = 1;
    for (let isDone = false; !isDone; losing += 1) {
      sent = 0;
      const connect = (base: string): RegistryClient => new LossyClient(base);
      const failure = await importCatalog(optionsFor(wanted, { connect })).catch((e: Error) => e);
      isDone = !(failure instanceof Error);
      if (failure instanceof Error)
        expect(failure.message).toMatch(
          /^Cannot import dataset "\S+": lost the answer .*; what was imported so far stays/,
        );
      expect(losing).toBeLessThan(2 * EVENTS);
    }
    expect(losing).toBeGreaterThan(3);
    expect(await manifestsOf(target, wanted.tenant)).toEqual(
      await manifestsOf(source, wanted.tenant),
    );
    expect(await positionOf(target)).toBe(before + EVENTS);
  });

  it('before the first write says that nothing was taken', async () => {
    const wanted = await pair.exported();
    const before = await positionOf(target);
    for (const phase of ['Checking manifests', 'Checking artifacts']) {
      const stop = new AbortController();
      const progress = {
        begin: (now: string) => now === phase && stop.abort(new Error('Stopped by SIGINT')),
        advance: () => {},
      };
      await expect(
        importCatalog(optionsFor(wanted, { signal: stop.signal, progress })),
      ).rejects.toThrow('Stopped by SIGINT; nothing was taken');
    }
    expect(await positionOf(target)).toBe(before);
  });

  it('by Ctrl-C says that it was, and the same command goes on', async () => {
    const { tenant, store } = await pair.exported();
    let interrupt = (): void => {};
    // In front of the registry: the first command that passes is also the moment to interrupt.
    const front = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { method = 'GET', headers } = request;
        if (method === 'POST') interrupt();
        const answer = await fetch(`${target.url}${request.url}`, {
          method,
          headers: {
            'Content-Type': headers['content-type'] ?? '',
            'Idempotency-Key': String(headers['idempotency-key'] ?? newId()),
          },
          ...(method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) }),
        });
        response.writeHead(answer.status, { 'Content-Type': 'application/json' });
        response.end(await answer.text());
      })();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => front.once('listening', resolve));
    const { port } = front.address() as AddressInfo;
    const args = [store, '--url', `http://127.0.0.1:${port}`, '--tenant', tenant];
    const { code, stdout, stderr } = await runImport(args, (kill) => {
      let isFirst = true;
      interrupt = () => {
        if (isFirst) kill();
        isFirst = false;
      };
    });
    front.close();
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(/Stopped by SIGINT; what was imported so far stays/);
    expect(await manifestsOf(target, tenant)).not.toEqual(await manifestsOf(source, tenant));
    expect((await importInto(tenant, store)).code).toBe(0);
    expect(await manifestsOf(target, tenant)).toEqual(await manifestsOf(source, tenant));
  });
});
