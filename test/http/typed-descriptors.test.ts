import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnOf, datasetOf, wholeDataset } from '#test/support/data-contracts';
import { type DefinitionClient, definitionClient, freshId } from '#test/support/definition-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let client: DefinitionClient;
beforeAll(async () => {
  registry = await startTestRegistry();
  client = definitionClient(registry.api);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('a contract with a typed descriptor', () => {
  it('is published, given back as it was sent, and versioned by what its columns break', async () => {
    const name = freshId('orders');
    const first = await client.post('/contracts', { name, descriptor: wholeDataset });
    expect([first.status, first.json.version]).toEqual([201, '1.0.0']);
    const got = await client.get(`/contracts/${name}/1.0.0`);
    expect(got.json.descriptor).toEqual(wholeDataset);
    const columns = wholeDataset['columns'] as readonly object[];
    const wider = [...columns, columnOf('note', { required: false })];
    const more = { ...wholeDataset, columns: wider };
    const second = await client.post('/contracts', { name, descriptor: more });
    expect(second.json).toMatchObject({ version: '1.1.0', level: 'minor' });
    const narrower = { ...more, columns: [...wider, columnOf('country')] };
    const small = { name, version: '1.2.0', descriptor: narrower };
    const refused = await client.post('/contracts', small);
    expect([refused.status, refused.json.code]).toEqual([422, 'INCOMPATIBLE']);
    expect(refused.text).toContain('column-added');
    const third = await client.post('/contracts', { name, descriptor: narrower });
    expect(third.json).toMatchObject({ version: '2.0.0', level: 'major' });
    expect(third.json.changelog.changes[0]).toMatchObject({
      rule: 'column-added',
      after: '/columns/4',
      breaks: ['backward'],
    });
  });

  it('is refused with the pointers of all faults, when it is checked and when it is published', async () => {
    const name = freshId('orders');
    const descriptor = datasetOf({ columns: [columnOf('a', { size: 1 })], primaryKeys: ['b'] });
    const pointers = (faults: readonly { readonly pointer: string }[]) =>
      faults.map(({ pointer }) => pointer).toSorted();
    const checked = await client.post(`/contracts/${name}/check`, { descriptor });
    expect(checked.json.wouldPublish).toBe(false);
    expect(pointers(checked.json.faults)).toEqual(['/columns/0/size', '/primaryKeys/0']);
    const published = await client.post('/contracts', { name, descriptor });
    expect([published.status, published.json.code]).toEqual([422, 'INVALID_SCHEMA']);
    expect(pointers(published.json.details.faults)).toEqual(['/columns/0/size', '/primaryKeys/0']);
    expect((await client.get(`/contracts/${name}`)).status).toBe(404);
  });

  it('is refused when it depends on itself, and only then', async () => {
    const name = freshId('orders');
    const on = (other: string) => ({
      name,
      descriptor: datasetOf({ dependsOn: [{ name: other, version: 'latest' }] }),
    });
    const own = await client.post('/contracts', on(name));
    expect(own.status).toBe(422);
    expect(own.text).toContain('depends on');
    expect((await client.post('/contracts', on('customers.master'))).status).toBe(201);
  });

  it('stays free where its kind is none of the typed ones', async () => {
    const name = freshId('free');
    const descriptor = { kind: 'capsule', columns: 'none', primaryKeys: 7 };
    expect((await client.post('/contracts', { name, descriptor })).status).toBe(201);
  });
});
