import { describe, expect, it } from 'vitest';
import type { ActionType } from '#domain/action-parameters';
import { versionOrderKey } from '#domain/contract-name';
import { datasetTypesOf } from '#domain/dataset-contract';
import type { JobStage } from '#domain/job-stage';
import { NEWEST } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { MemoryLog } from '#log/memory-log';
import type { CatalogReader } from '#projections/catalog/catalog-reader';
import type { ProjectionDigest } from '#projections/projection';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { openCatalogBed } from '#test/support/catalog-bed';
import { memoryLog } from '#test/support/command-env';
import { HISTORY_SCOPES, writeRegistryHistory } from '#test/support/history';
import { HISTORY_IDS } from '#test/support/job-history';
import { digestAfter } from '#test/support/projection-conformance';
import { forSeeds, type Seeded } from '#test/support/seed';
import { contractId, jobVersion, openStoreBed, profileVersion } from '#test/support/store-bed';
import { STORE_BACKENDS, storeStorage } from '#test/support/store-storages';

const LIMIT = 7;

/** Opens catalog and stores of a log, one of the three backends after the other. */
async function withBoth(
  log: MemoryLog,
  check: (catalog: CatalogReader, stores: RegistryStores) => Promise<void>,
): Promise<void> {
  using bed = openCatalogBed();
  await bed.catchUp(log);
  for (const kind of STORE_BACKENDS) {
    await using storage = await storeStorage(kind);
    const open = () => new RegistryStores(storage.backend());
    await digestAfter({ open, [Symbol.asyncDispose]: async () => undefined }, [log], 100);
    const stores = open();
    await stores.open();
    await check(bed.reader, stores);
    await stores.close();
  }
}

/** Compares every contract version of a scope. Gives how many there are. */
async function compareContracts(
  catalog: CatalogReader,
  { contracts }: RegistryStores,
  scope: Scope,
): Promise<number> {
  const listed = catalog.contracts.list(scope, { after: undefined, limit: 999, asOf: NEWEST });
  const rows = listed.map((id) => catalog.contracts.find(scope, id, NEWEST));
  for (const [index, id] of listed.entries()) {
    expect((await contracts.get(scope, id)).found).toEqual(rows[index]);
  }
  const paged: unknown[] = [];
  for (let at = 0; at < listed.length; at += LIMIT) {
    const last = listed[at - 1];
    const after =
      last === undefined ? undefined : { name: last.name, orderKey: versionOrderKey(last.version) };
    paged.push(...(await contracts.list(scope, { after, limit: LIMIT })).found);
  }
  expect(paged).toEqual(rows);
  for (const stage of ['draft', 'approved', 'deprecated', 'retired'] as const) {
    const { found } = await contracts.list(scope, { limit: 999, stage });
    expect(found).toEqual(rows.filter((row) => row?.stage === stage));
  }
  return rows.length;
}

/** Compares every definition of a scope, and lists by random tags. Gives how many there are. */
async function compareDefinitions(
  catalog: CatalogReader,
  stores: RegistryStores,
  { scope, random }: { readonly scope: Scope; readonly random: Seeded },
): Promise<number> {
  const { jobDefinitions: jobs, actionProfiles: profiles } = stores;
  let compared = 0;
  for (const id of HISTORY_IDS) {
    for (const version of ['latest', ...Array.from({ length: 6 }, (_, i) => `1.0.${i}`)]) {
      const [job, profile] = [jobVersion(id, version), profileVersion(id, version)];
      const known = [
        catalog.jobDefinitions.find(scope, job, NEWEST),
        catalog.actionProfiles.find(scope, profile, NEWEST),
      ];
      expect([
        (await jobs.get(scope, job)).found,
        (await profiles.get(scope, profile)).found,
      ]).toEqual(known);
      compared += known.filter((one) => one !== undefined).length;
    }
  }
  for (let round = 0; round < 20; round += 1) {
    const of = Array.from({ length: random.int(4) }, () => random.pick(['t0', 't1', 't2', 'all']));
    const tags = { match: random.pick<'all' | 'any'>(['all', 'any']), of };
    const stage = random.pick<JobStage>(['draft', 'active', 'retired']);
    const actionType = random.pick<ActionType>(['OPEN_TICKET', 'STORE_RESULTS', 'CALL_WEBHOOK']);
    const asked = { tags, stage, limit: 1 + random.int(9) } as const;
    const ofCatalog = { ...asked, after: undefined, asOf: NEWEST };
    const found = {
      jobs: (await jobs.listByTags(scope, asked)).found,
      profiles: (await profiles.list(scope, { ...asked, actionType })).found,
    };
    const part = ({
      definition,
      position,
    }: (typeof found.jobs)[number] | (typeof found.profiles)[number]) =>
      [definition.id, definition.version, position].join(' ');
    const listed = (one: { id: string; version: string; position: number }) =>
      [one.id, one.version, one.position].join(' ');
    expect(found.jobs.map(part)).toEqual(catalog.jobDefinitions.list(scope, ofCatalog).map(listed));
    expect(found.profiles.map(part)).toEqual(
      catalog.actionProfiles.list(scope, { ...ofCatalog, actionType }).map(listed),
    );
  }
  return compared;
}

describe('the stores of the registries', () => {
  it('answer as the catalog does at the newest position of a random history', async () => {
    let compared = 0;
    await forSeeds(2, async (random) => {
      const log = memoryLog();
      await writeRegistryHistory(log, 900, random);
      await withBoth(log, async (catalog, stores) => {
        for (const scope of HISTORY_SCOPES) {
          compared += await compareContracts(catalog, stores, scope);
          compared += await compareDefinitions(catalog, stores, { scope, random });
        }
      });
    });
    console.info(`${compared} versions compared with the catalog`);
    expect(compared).toBeGreaterThan(500);
  });

  it('have one digest in every backend, however the events came', async () => {
    await forSeeds(3, async (random) => {
      const log = memoryLog();
      await writeRegistryHistory(log, 300, random);
      const digests: ProjectionDigest[] = [];
      for (const kind of STORE_BACKENDS) {
        await using storage = await storeStorage(kind);
        const open = () => new RegistryStores(storage.backend());
        const target = { open, [Symbol.asyncDispose]: async () => undefined };
        digests.push(await digestAfter(target, [log], 1 + random.int(100)));
      }
      expect(digests).toEqual(digests.map(() => digests[0]));
    });
  });

  it('give for a dataset type what a search of the whole catalog gives, over random stages', async () => {
    let found = 0;
    await forSeeds(4, async (random) => {
      await using storage = await storeStorage('sqlite');
      await using bed = await openStoreBed(storage.backend());
      await someContracts(bed, random);
      await bed.catchUp();
      using catalog = openCatalogBed();
      await catalog.catchUp(bed.log);
      for (const scope of HISTORY_SCOPES) {
        for (const type of ['Orders', 'orders', 'T0', 't1', 't2', 'none']) {
          const { found: latest } = await bed.stores.contracts.getLatestForDataset(scope, type);
          expect(latest).toEqual(searched(catalog.reader, scope, type.toLowerCase()));
          found += latest === undefined ? 0 : 1;
        }
      }
    });
    expect(found).toBeGreaterThan(20);
  });
});

async function someContracts(
  bed: Awaited<ReturnType<typeof openStoreBed>>,
  random: Seeded,
): Promise<void> {
  for (let i = 0; i < 150; i += 1) {
    const scope = random.pick(HISTORY_SCOPES);
    const name = `c.n${random.int(3)}`;
    const version = `1.${random.int(12)}.0${random.pick(['', '', '-rc.1', '-rc.2'])}`;
    const { found } = await bed.stores.contracts.get(scope, contractId(name, version));
    const types = [random.pick(['Orders', 't0', 'T1', 'not a type!']), 't2'];
    if (found === undefined) {
      const stage = random.pick(['draft', 'approved']);
      await bed.contract(name, version, { scope, stage, types: types.slice(random.int(2)) });
    } else {
      const to = random.pick(['approved', 'deprecated', 'retired']);
      await bed.moved({ kind: 'contract', name, scope }, version, to);
    }
    await bed.catchUp();
  }
}

/** Looks through every version of the catalog for the highest approved one for a dataset type. */
function searched({ contracts }: CatalogReader, scope: Scope, type: string) {
  const rows = contracts
    .list(scope, { after: undefined, limit: 999, asOf: NEWEST, stage: 'approved' })
    .map((id) => contracts.find(scope, id, NEWEST))
    .filter((row) => row !== undefined && datasetTypesOf(row.bundle).includes(type));
  const ofFirst = rows.filter((row) => row?.bundle.name === rows[0]?.bundle.name);
  const releases = ofFirst.filter((row) => row?.bundle.version.includes('-') === false);
  return (releases.length > 0 ? releases : ofFirst).at(-1);
}
