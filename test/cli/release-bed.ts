import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { newId } from '#flow/new-id';
import { type KeyFiles, keyFiles } from '#test/cli/bundle-bed';
import { type Ended, runContract } from '#test/cli/contract-bed';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';

/** A registry to release from, keys to sign with, and for each test a tenant and a cache of its own. */
export interface ReleaseBed {
  readonly api: Api;
  readonly folder: string;
  readonly own: KeyFiles;
  readonly other: KeyFiles;
  readonly tenant: string;
  readonly cache: string;
  /** Where the tenant's resources live. */
  readonly scope: string;
  /** Publishes a contract that no other is like; gives the position. */
  publish(name: string, version: string, rest?: object): Promise<number>;
  release(...args: readonly string[]): Promise<Ended>;
  fetch(...args: readonly string[]): Promise<Ended>;
  /** The position that reads show. */
  head(): Promise<number>;
}

/** Sets up the bed around the tests of a file. */
export function releaseBed(): ReleaseBed {
  let registry: TestRegistry;
  let folder: TempFolder;
  let own: KeyFiles;
  let other: KeyFiles;
  let tenant: string;
  let cache: string;
  beforeAll(async () => {
    registry = await startTestRegistry();
    folder = tempFolder();
    own = await keyFiles(folder.path, 'own');
    other = await keyFiles(folder.path, 'other');
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });
  beforeEach(() => {
    tenant = `t${newId()}`;
    cache = join(folder.path, newId());
  });
  const run = async (verb: string, args: readonly string[]): Promise<Ended> =>
    runContract(['bundle', verb, '--url', registry.api.url, '--tenant', tenant, ...args]);
  return {
    get api() {
      return registry.api;
    },
    get folder() {
      return folder.path;
    },
    get own() {
      return own;
    },
    get other() {
      return other;
    },
    get tenant() {
      return tenant;
    },
    get cache() {
      return cache;
    },
    get scope() {
      return `/tenants/${tenant}/environments/dev`;
    },
    async publish(name, version, rest = {}) {
      const body = { name, version, jsonSchema: { type: 'object', title: newId() }, ...rest };
      const answer = await registry.api.post(`${this.scope}/registry/contracts`, body);
      expect(answer.status).toBe(201);
      return answer.position;
    },
    async release(...args) {
      const key = args.includes('--key') ? [] : ['--key', own.privatePath];
      return await run('release', [...key, ...args]);
    },
    async fetch(...args) {
      const fixed = ['--json', '--cache', cache, '--public-key', own.publicPath];
      return await run('fetch', [...fixed, ...args]);
    },
    async head() {
      return (await registry.api.get('/registry/datasets?limit=1')).position;
    },
  };
}
