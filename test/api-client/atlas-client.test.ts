import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AtlasClient } from '#api-client/atlas-client';
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  RefusedError,
  UnauthenticatedError,
} from '#api-client/errors';
import { newId } from '#flow/new-id';
import {
  ALL_OPERATIONS,
  type ApiDocument,
  CLIENT_TYPES_PATH,
  clientTypes,
} from '#test/support/client-types';
import {
  type GuardedRegistry,
  goodToken,
  startGuardedRegistry,
} from '#test/support/guarded-registry';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let client: AtlasClient;
beforeAll(async () => {
  registry = await startTestRegistry(ALL_OPERATIONS);
});
afterAll(async () => await registry[Symbol.asyncDispose]());

const BYTES = new TextEncoder().encode('gene_id\tname\n');

function connect(): AtlasClient {
  return new AtlasClient({ url: registry.api.url, tenant: `c${newId()}` });
}

describe('the client', () => {
  it('has the types of every operation, as the registry describes itself', async () => {
    const { json } = await registry.api.get('/openapi.json');
    expect(readFileSync(CLIENT_TYPES_PATH, 'utf8')).toBe(clientTypes(json as ApiDocument));
  });

  it('uploads, registers, publishes and reads a dataset, now and as it was', async () => {
    client = connect();
    const { sha256, bytes } = await client.uploadArtifact(BYTES);
    const name = '110/homo_sapiens/GRCh38';
    const object = { key: 'genes.tsv', sha256, bytes };
    const body = { name, schema_fingerprint: 'fp', objects: [object] };
    const registered = await client.call('registerDataset', { body });
    await client.publishDataset(name, object);
    expect(await client.getDataset(name)).toMatchObject({ status: 'published', artifact: object });
    const before = await client.getDataset(name, { at: registered.position ?? 0 });
    expect(before.status).toBe('registered');
    expect(await client.uploadArtifact(new Blob([BYTES]), { sha256 })).toEqual({ sha256, bytes });
    const source = () => new Blob([BYTES]).stream();
    expect(await client.uploadArtifact(source, { sha256 })).toEqual({ sha256, bytes });
    await expect(client.uploadArtifact(source)).rejects.toThrow(TypeError);
  });

  it('lists everything, page by page', async () => {
    client = connect();
    for (let i = 0; i < 7; i += 1)
      await client.registerDataset({ name: `d/${i}`, schema_fingerprint: 'fp' });
    const names: string[] = [];
    for await (const { name } of client.list('listDatasets', { limit: 3 })) names.push(name);
    expect(names).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `d/${i}`));
    for (let i = 0; i < 5; i += 1)
      await client.publishContract({ name: `c.n${i}`, jsonSchema: {} });
    const contracts: string[] = [];
    for await (const { name } of client.list('listContracts', { limit: 2 })) contracts.push(name);
    expect(contracts).toEqual([0, 1, 2, 3, 4].map((i) => `c.n${i}`));
  });

  it('carries the positions of its writes into its reads, by stream, and hands them on', async () => {
    client = connect();
    const seen: (string | null)[] = [];
    const spy: typeof fetch = async (input, init) => {
      seen.push(new Headers(init?.headers).get('atlas-min-position'));
      return await fetch(input, init);
    };
    const own = new AtlasClient({ url: registry.api.url, fetch: spy });
    const { position } = await own.call('registerDataset', {
      body: { name: `p/${newId()}`, schema_fingerprint: 'fp' },
    });
    await own.call('listDatasets', {});
    await own.call('listJobRuns', {});
    await own.call('listDatasets', { minPosition: 1 });
    expect(own.positions).toEqual({ registry: position });
    expect(seen).toEqual([null, String(position), null, String(position)]);
    const other = new AtlasClient({ url: registry.api.url, fetch: spy, positions: own.positions });
    await other.call('listDatasets', {});
    other.forgetPositions();
    await other.call('listDatasets', {});
    expect(seen.slice(4)).toEqual([String(position), null]);
  });

  it('shares its positions with the clients of other scopes', async () => {
    const own = connect();
    const other = own.withScope({ environment: 'prod' });
    const { position } = await other.call('registerDataset', {
      body: { name: `s/${newId()}`, schema_fingerprint: 'fp' },
    });
    expect([own.positions, other.positions]).toEqual([
      { registry: position },
      { registry: position },
    ]);
  });

  it('throws a class of its own for each kind of refusal, with code, status, outcome and request', async () => {
    client = connect();
    await expect(client.getDataset('nothing')).rejects.toThrow(NotFoundError);
    await client.registerDataset({ name: 'a', schema_fingerprint: 'one' });
    const conflict = client.registerDataset({ name: 'a', schema_fingerprint: 'two' });
    await expect(conflict).rejects.toThrow(ConflictError);
    await expect(conflict).rejects.toMatchObject({
      code: 'FINGERPRINT_CONFLICT',
      status: 409,
      outcome: 'not-applied',
      requestId: expect.stringMatching(/.{8,}/),
    });
    const artifact = { key: 'x', sha256: '0'.repeat(64), bytes: 1 };
    await client.registerDataset({ name: 'a', schema_fingerprint: 'one', objects: [artifact] });
    await expect(client.publishDataset('a', artifact)).rejects.toThrow(RefusedError);
  });

  it('refuses an address that is none, and a parameter that is missing or leads elsewhere', async () => {
    expect(() => new AtlasClient({ url: 'ftp://x' })).toThrow(TypeError);
    await expect(connect().getDataset('')).rejects.toThrow(/"name" is missing/);
    for (const name of ['.', '..'])
      await expect(connect().getDataset(name)).rejects.toThrow(`"name" is ${name} (want a name)`);
    const wrong = new AtlasClient({ url: registry.api.url, tenant: 'a\nb' });
    await expect(wrong.getDataset('a')).rejects.toThrow(TypeError);
  });
});

describe('the client and tokens', () => {
  let guarded: GuardedRegistry;
  beforeAll(async () => {
    guarded = await startGuardedRegistry();
  });
  afterAll(async () => await guarded[Symbol.asyncDispose]());

  it('asks for a token before every request, and once more when it was refused', async () => {
    const given: string[] = [];
    const token = async (): Promise<string> => {
      given.push(given.length === 0 ? 'old' : await goodToken());
      return given.at(-1) ?? '';
    };
    const own = new AtlasClient({ url: guarded.url, token });
    expect((await own.call('listDatasets', {})).status).toBe(200);
    expect(given.length).toBeGreaterThan(1);
  });

  it('says when there is none, or when it does not allow it', async () => {
    const nobody = new AtlasClient({ url: guarded.url });
    await expect(nobody.call('listDatasets', {})).rejects.toThrow(UnauthenticatedError);
    const token = await goodToken({ scope: 'datasets:read' });
    const reader = new AtlasClient({ url: guarded.url, token });
    const writing = reader.registerDataset({ name: 'a', schema_fingerprint: 'x' });
    await expect(writing).rejects.toThrow(ForbiddenError);
  });

  it('sends nothing with a token that cannot be one, and does not repeat it in its error', async () => {
    const own = new AtlasClient({ url: guarded.url, token: 'se cret\n' });
    const failed = own.call('listDatasets', {});
    await expect(failed).rejects.toThrow(/it is no bearer token/);
    await expect(failed).rejects.not.toThrow(/cret/);
  });
});
