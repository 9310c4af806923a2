import { describe, expect, it } from 'vitest';
import { type ReadContracts, readContracts } from '#cli/bundle/read-contracts';
import { RegistryClient } from '#cli/remote/registry-client';
import { type StubAnswer, type StubRequest, stubRegistry } from '#test/cli/contract-bed';

interface Row {
  readonly name: string;
  readonly version: string;
  readonly stage?: string;
}

/** Reads the contracts of a registry whose list has these pages. */
async function read(
  pages: readonly (readonly Row[])[],
  answer: (request: StubRequest) => StubAnswer | 'as usual' = () => 'as usual',
): Promise<ReadContracts & { readonly requests: readonly StubRequest[] }> {
  await using server = await stubRegistry((request) => {
    const given = answer(request);
    if (given !== 'as usual') return given;
    const [path = '', query = ''] = request.path.split('?');
    if (path !== '/registry/contracts') {
      const [name, version] = path.split('/').slice(3).map(decodeURIComponent);
      const body = { name, version, createdAt: 'x', jsonSchema: '{}' };
      return { body, headers: { ETag: `"${'c'.repeat(64)}"` } };
    }
    const page = Number(new URLSearchParams(query).get('cursor') ?? 0);
    const next = `/tenants/t/environments/e/registry/contracts?limit=1000&at=7&cursor=${page + 1}`;
    const link: Record<string, string> =
      page + 1 < pages.length ? { Link: `<${next}>; rel="next"` } : {};
    return { body: { contracts: pages[page] }, headers: { 'Atlas-Position': '7', ...link } };
  });
  const client = new RegistryClient(`${server.url}/tenants/t/environments/e`);
  const nothing = (): void => undefined;
  const found = await readContracts({ client, onBegin: nothing, onContract: nothing });
  return { ...found, requests: server.requests };
}

describe('readContracts()', () => {
  it('reads every page and every contract at the position of the first page', async () => {
    const row = (name: string): Row => ({ name, version: 'v1', stage: 'approved' });
    const { position, contracts, requests } = await read([[row('a')], [row('b')], [row('c')]]);
    expect([position, [...contracts.keys()].toSorted()]).toEqual([7, ['a', 'b', 'c']]);
    expect(contracts.get('a')).toEqual({
      version: 'v1',
      digest: `sha256:${'c'.repeat(64)}`,
      jsonSchema: '{}',
    });
    expect(requests.slice(1).every(({ path }) => path.includes('at=7'))).toBe(true);
    expect(requests).toHaveLength(6);
  });

  it('takes the highest release, a pre-release only without one, and what is approved alone', async () => {
    const versions: readonly (readonly [string, string, string])[] = [
      ['mixed', '1.0.0', 'approved'],
      ['mixed', '2.0.0-rc.1', 'approved'],
      ['mixed', '3.0.0', 'draft'],
      ['new', '1.0.0-rc.1', 'approved'],
      ['new', '1.0.0-rc.2', 'approved'],
      ['old', '1.0.0', 'deprecated'],
      ['then', '1.0.0-rc.1', 'approved'],
      ['then', '1.0.0', 'approved'],
    ];
    const rows = versions.map(([name, version, stage]) => ({ name, version, stage }));
    const { contracts } = await read([rows.slice(0, 2), rows.slice(2)]);
    expect([...contracts].map(([name, { version }]) => `${name} ${version}`).toSorted()).toEqual([
      'mixed 1.0.0',
      'new 1.0.0-rc.2',
      'then 1.0.0',
    ]);
  });

  it.each([
    [
      'a page shows another position',
      { body: { contracts: [] }, headers: { 'Atlas-Position': '8' } },
      '&cursor=1',
    ],
    ['a page names no position', { body: { contracts: [] } }, '/registry/contracts?'],
    ['a contract is another one', { body: { name: 'x', version: 'v1', createdAt: '' } }, '/a/v1'],
    ['a contract names no digest', { body: { name: 'a', version: 'v1', createdAt: '' } }, '/a/v1'],
  ] as const)('refuses a registry where %s', async (_, answer, path) => {
    const rows = [{ name: 'a', version: 'v1' }];
    const answers = read([rows, rows], (request) =>
      request.path.includes(path) ? answer : 'as usual',
    );
    await expect(answers).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^Cannot use the answer of /),
    });
  });
});
