import { describe, expect, expectTypeOf, it } from 'vitest';
import { parseScope, type Scope, scopeKey } from '#domain/scope';
import type { ActionProfileStore } from '#projections/registry-stores/action-profile-store';
import type { ContractStore } from '#projections/registry-stores/contract-store';
import type { JobDefinitionStore } from '#projections/registry-stores/job-definition-store';
import type { RegistryStores } from '#projections/registry-stores/registry-stores';
import { forSeeds, type Seeded } from '#test/support/seed';
import {
  contractId,
  jobVersion,
  openStoreBed,
  profileVersion,
  type StoreBed,
} from '#test/support/store-bed';
import { STORE_BACKENDS, storeStorage } from '#test/support/store-storages';

const SCOPES = [
  parseScope('acme', 'dev'),
  parseScope('acme', 'prod'),
  parseScope('acme-dev', 'dev'),
] as const;
const VERSIONS = ['1.0.0', '1.9.0', '1.10.0'] as const;

/** Asks for something by a random call. Gives of every answer whose it is. */
async function randomCall(
  { contracts, jobDefinitions, actionProfiles }: RegistryStores,
  scope: Scope,
  random: Seeded,
): Promise<readonly (string | undefined)[]> {
  const name = random.pick(['n.a', 'n.b']);
  const version = random.pick([...VERSIONS, 'latest']);
  const limit = 1 + random.int(20);
  const match = random.pick<'all' | 'any'>(['all', 'any']);
  const tags = { match, of: [random.pick(['x', 'y'])] };
  const calls = [
    async () => [(await contracts.get(scope, contractId(name, random.pick(VERSIONS)))).found],
    async () => [(await contracts.getLatestForDataset(scope, 'shared')).found],
    async () => (await contracts.list(scope, { limit })).found,
    async () => (await contracts.list(scope, { limit, stage: 'approved' })).found,
    async () => [(await jobDefinitions.get(scope, jobVersion(name, version))).found],
    async () => (await jobDefinitions.listByTags(scope, { limit, tags })).found,
    async () => [(await actionProfiles.get(scope, profileVersion(name, version))).found],
    async () => (await actionProfiles.list(scope, { limit, actionType: 'OPEN_TICKET' })).found,
  ] as const;
  const found = await random.pick(calls)();
  return found.map((row) => {
    if (row === undefined) return undefined;
    return 'bundle' in row ? row.bundle.description : row.definition.name;
  });
}

/** Gives two scopes the same names with other content; the third has nothing. */
async function fill(bed: StoreBed): Promise<void> {
  for (const scope of SCOPES.slice(0, 2)) {
    for (const name of ['n.a', 'n.b']) {
      for (const version of VERSIONS) {
        await bed.contract(name, version, { scope, types: ['shared'] });
        const rest = { scope, version, tags: ['x', 'y'] };
        await bed.definition('job-definition', name, rest);
        await bed.moved({ kind: 'job-definition', name, scope }, version, 'active');
        await bed.definition('action-profile', name, { ...rest, actions: ['OPEN_TICKET'] });
      }
    }
  }
  await bed.catchUp();
}

describe('scopes in the stores', () => {
  it.each(STORE_BACKENDS)('no random call shows what another scope has: %s', async (kind) => {
    await using storage = await storeStorage(kind);
    await using bed = await openStoreBed(storage.backend());
    await fill(bed);
    let shown = 0;
    await forSeeds(300, async (random) => {
      const scope = random.pick(SCOPES);
      const owners = (await randomCall(bed.stores, scope, random)).filter(
        (owner) => owner !== undefined,
      );
      expect(new Set(owners)).toEqual(new Set(owners.length > 0 ? [scopeKey(scope)] : []));
      if (scope === SCOPES[2]) expect(owners).toEqual([]);
      shown += owners.length;
    });
    expect(shown).toBeGreaterThan(300);
  });

  it('a call without a scope, or with a text for one, does not compile', () => {
    const id = contractId('a', '1.0.0');
    const text = { tenant: 'acme', environment: 'dev' };
    const calls = (contracts: ContractStore, jobs: JobDefinitionStore): readonly unknown[] => [
      // @ts-expect-error -- the scope is missing
      contracts.get(id),
      // @ts-expect-error -- a scope is parsed
      contracts.get(text, id),
      // @ts-expect-error -- the scope is missing
      contracts.getLatestForDataset('orders'),
      // @ts-expect-error -- the scope is missing
      contracts.list({ limit: 1 }),
      // @ts-expect-error -- the scope is missing
      jobs.get(jobVersion('a', 'latest')),
      // @ts-expect-error -- the scope is missing
      jobs.listByTags({ limit: 1 }),
    ];
    expect(calls).toBeTypeOf('function');
    for (const store of [
      {} as ContractStore[keyof ContractStore],
      {} as JobDefinitionStore[keyof JobDefinitionStore],
      {} as ActionProfileStore[keyof ActionProfileStore],
    ])
      expectTypeOf(store).parameter(0).toEqualTypeOf<Scope>();
  });
});
