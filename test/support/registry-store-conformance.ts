import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContractName } from '#domain/contract-name';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { TAGS_ASKED_MAX } from '#projections/registry-stores/definition-reads';
import type { DocumentBackend } from '#projections/registry-stores/document-backend';
import { HOSTILE } from '#test/support/hostile';
import {
  contractId,
  jobVersion,
  openStoreBed,
  profileVersion,
  type StoreBed,
} from '#test/support/store-bed';
import type { StoreStorage } from '#test/support/store-storages';

const scope = DEFAULT_SCOPE;
const OTHERS = [parseScope('default', 'prod'), parseScope('acme', 'dev')];

/** What the stores of the registries promise, whatever they lie in. */
export function registryStoreConformance(name: string, storage: () => Promise<StoreStorage>): void {
  describe(`stores in ${name}`, () => {
    let place: StoreStorage;
    let backend: DocumentBackend;
    let bed: StoreBed;

    beforeAll(async () => {
      place = await storage();
      backend = place.backend();
      bed = await openStoreBed(backend);
    });
    afterAll(async () => {
      await bed[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    });

    const latestFor = async (type: string, of = scope) => {
      const { found } = await bed.stores.contracts.getLatestForDataset(of, type);
      return found === undefined ? undefined : `${found.bundle.name}@${found.bundle.version}`;
    };
    const jobsBy = async (page: Parameters<typeof bed.stores.jobDefinitions.listByTags>[1]) =>
      (await bed.stores.jobDefinitions.listByTags(scope, page)).found.map(
        ({ definition: { id, version } }) => `${id}@${version}`,
      );
    const profilesBy = async (page: Parameters<typeof bed.stores.actionProfiles.list>[1]) =>
      (await bed.stores.actionProfiles.list(scope, page)).found.map(
        ({ definition: { id, version } }) => `${id}@${version}`,
      );

    it('shows a version of a contract with its bundle, its stage and how it came there', async () => {
      const published = await bed.contract('get.one', '1.0.0', { stage: 'draft' });
      const at = { kind: 'contract', name: 'get.one' } as const;
      await bed.moved(at, '1.0.0', 'pending_approval');
      await bed.moved(at, '1.0.0', 'approved');
      const staged = await bed.moved(at, '1.0.0', 'deprecated');
      const retired = await bed.moved(at, '1.0.0', 'retired');
      await bed.catchUp();
      const { position, found } = await bed.stores.contracts.get(
        scope,
        contractId('get.one', '1.0.0'),
      );
      expect(position).toBe(retired);
      const time = '2026-01-02T03:04:05.678Z';
      expect(found).toMatchObject({
        bundle: { name: 'get.one', version: '1.0.0' },
        createdAt: time,
        position: published,
        publisher: 'someone',
        stage: 'retired',
        staged: { position: retired, time, actor: 'tester', notes: 'now retired' },
        deprecated: { position: staged, notes: 'now deprecated' },
      });
    });

    it('shows a version of a definition with its stage, its author and how it came there', async () => {
      const defined = await bed.definition('job-definition', 'get.job', {
        version: '1.0.0',
        tags: ['a'],
      });
      const staged = await bed.moved(
        { kind: 'job-definition', name: 'get.job' },
        '1.0.0',
        'pending_approval',
      );
      await bed.catchUp();
      const { found } = await bed.stores.jobDefinitions.get(scope, jobVersion('get.job', '1.0.0'));
      expect(found).toMatchObject({
        definition: { id: 'get.job', version: '1.0.0', tags: ['a'] },
        position: defined,
        author: 'someone',
        stage: 'pending_approval',
        staged: { position: staged, actor: 'tester', notes: 'now pending_approval' },
      });
    });

    it('finds nothing for a version, a name or a kind that is not there, and says of which position', async () => {
      const { last } = await bed.log.head();
      await bed.contract('only.contract', '1.0.0');
      await bed.catchUp();
      const nothing = { position: last + 1, found: undefined };
      const { contracts, jobDefinitions, actionProfiles } = bed.stores;
      expect(await contracts.get(scope, contractId('only.contract', '1.0.1'))).toEqual(nothing);
      expect(await contracts.get(scope, contractId('only', '1.0.0'))).toEqual(nothing);
      for (const version of ['1.0.0', 'latest']) {
        expect(await jobDefinitions.get(scope, jobVersion('only.contract', version))).toEqual(
          nothing,
        );
        expect(await actionProfiles.get(scope, profileVersion('only.contract', version))).toEqual(
          nothing,
        );
      }
    });

    it('finds nothing for hostile names, tags and dataset types, and does not fail', async () => {
      const { contracts, jobDefinitions } = bed.stores;
      for (const hostile of [...HOSTILE, "' OR 1=1 --", '%', '_', 'stage:active', 'a\uFFFDb']) {
        const { version } = contractId('a', '1.0.0');
        const id = { name: hostile as ContractName, version };
        expect((await contracts.get(scope, id)).found, hostile).toBeUndefined();
        expect(await latestFor(hostile), hostile).toBeUndefined();
        const job = { id: hostile as never, version: 'latest' } as const;
        expect((await jobDefinitions.get(scope, job)).found, hostile).toBeUndefined();
        for (const match of ['all', 'any'] as const)
          expect(await jobsBy({ tags: { match, of: [hostile] }, limit: 9 }), hostile).toEqual([]);
      }
    });

    it('finds by hostile tags exactly the versions that have them', async () => {
      const tags = HOSTILE.filter((tag) => tag.isWellFormed());
      for (const [index, tag] of tags.entries())
        await bed.definition('job-definition', `hostile.n${index}`, {
          version: '1.0.0',
          tags: [tag],
        });
      await bed.catchUp();
      for (const [index, tag] of tags.entries())
        expect(await jobsBy({ tags: { match: 'all', of: [tag] }, limit: 99 })).toEqual([
          `hostile.n${index}@1.0.0`,
        ]);
    });

    it('latest for a dataset is the highest approved version, in numeric order', async () => {
      for (const version of ['1.9.0', '1.10.0', '1.2.0']) {
        await bed.contract('latest.a', version, { types: ['Orders'] });
        await bed.catchUp();
      }
      for (const version of ['v9', 'v10', 'v2'])
        await bed.contract('latest.b', version, { types: ['invoices', 'both'] });
      await bed.contract('latest.a', '2.0.0-rc.10', { types: ['orders'] });
      await bed.contract('latest.a', '3.0.0', { types: ['orders'], stage: 'draft' });
      await bed.contract('latest.a', '4.0.0', { types: ['other'] });
      await bed.catchUp();
      expect(await latestFor('orders')).toBe('latest.a@1.10.0');
      expect(await latestFor('ORDERS')).toBe('latest.a@1.10.0');
      expect(await latestFor('invoices')).toBe('latest.b@v10');
      expect(await latestFor('both')).toBe('latest.b@v10');
      expect(await latestFor('order')).toBeUndefined();
      expect(await latestFor('')).toBeUndefined();
    });

    it('latest for a dataset follows approval, deprecation and retirement', async () => {
      const at = { kind: 'contract', name: 'follow.a' } as const;
      const step = async (version: string, to: string) => {
        await bed.moved(at, version, to);
        await bed.catchUp();
        return await latestFor('follow');
      };
      await bed.contract('follow.a', '1.0.0', { types: ['follow'], stage: 'draft' });
      await bed.contract('follow.a', '1.1.0', { types: ['follow'], stage: 'draft' });
      await bed.contract('follow.a', '2.0.0-rc.1', { types: ['follow'], stage: 'draft' });
      await bed.catchUp();
      expect(await latestFor('follow')).toBeUndefined();
      expect(await step('2.0.0-rc.1', 'approved')).toBe('follow.a@2.0.0-rc.1');
      expect(await step('1.0.0', 'approved')).toBe('follow.a@1.0.0');
      expect(await step('1.1.0', 'pending_approval')).toBe('follow.a@1.0.0');
      expect(await step('1.1.0', 'approved')).toBe('follow.a@1.1.0');
      expect(await step('1.1.0', 'deprecated')).toBe('follow.a@1.0.0');
      expect(await step('1.1.0', 'approved')).toBe('follow.a@1.1.0');
      expect(await step('1.1.0', 'retired')).toBe('follow.a@1.0.0');
      expect(await step('1.0.0', 'retired')).toBe('follow.a@2.0.0-rc.1');
      expect(await step('2.0.0-rc.1', 'retired')).toBeUndefined();
    });

    it('of several contracts for a dataset the first by name with an approved version answers', async () => {
      await bed.contract('several.a', '9.0.0', { types: ['several'], stage: 'draft' });
      await bed.contract('several.b', '1.0.0-rc.1', { types: ['several'] });
      await bed.contract('several.c', '5.0.0', { types: ['several'] });
      await bed.catchUp();
      expect(await latestFor('several')).toBe('several.b@1.0.0-rc.1');
    });

    it('latest of a definition is its highest active version', async () => {
      const at = { kind: 'action-profile', name: 'latest.p' } as const;
      const latest = async () => {
        await bed.catchUp();
        const id = profileVersion('latest.p', 'latest');
        return (await bed.stores.actionProfiles.get(scope, id)).found?.definition.version;
      };
      for (const version of ['1.9.0', '1.10.0', '2.0.0-rc.1', '3.0.0'])
        await bed.definition('action-profile', 'latest.p', { version });
      expect(await latest()).toBeUndefined();
      for (const version of ['2.0.0-rc.1', '1.10.0', '1.9.0'])
        await bed.moved(at, version, 'active');
      expect(await latest()).toBe('1.10.0');
      await bed.moved(at, '1.10.0', 'retired');
      expect(await latest()).toBe('1.9.0');
    });

    it('lists by all tags, any tag, no tag, stage and action', async () => {
      const define = async (id: string, tags: readonly string[], actions: readonly string[]) => {
        await bed.definition('job-definition', `tags.${id}`, { version: '1.0.0', tags });
        await bed.definition('action-profile', `tags.${id}`, { version: '1.0.0', tags, actions });
      };
      await define('a', ['tx', 'ty'], ['CALL_WEBHOOK', 'CALL_WEBHOOK', 'OPEN_TICKET']);
      await define('b', ['tx'], ['OPEN_TICKET']);
      await define('c', ['ty', 'tz'], ['STORE_RESULTS']);
      await define('d', [], []);
      await bed.moved({ kind: 'job-definition', name: 'tags.b' }, '1.0.0', 'active');
      await bed.catchUp();
      const by = async (match: 'all' | 'any', ...of: string[]) =>
        (await jobsBy({ tags: { match, of }, limit: 99 })).join(' ').replaceAll('@1.0.0', '');
      expect(await by('all', 'tx', 'ty')).toBe('tags.a');
      expect(await by('all', 'tx')).toBe('tags.a tags.b');
      expect(await by('all', 'tx', 'tx')).toBe('tags.a tags.b');
      expect(await by('all', 'tx', 'unknown')).toBe('');
      expect(await by('any', 'tx', 'tz', 'unknown')).toBe('tags.a tags.b tags.c');
      expect(await by('any')).toBe('');
      const everything = await jobsBy({ limit: 999 });
      expect(everything).toContain('tags.d@1.0.0');
      expect(await jobsBy({ tags: { match: 'all', of: [] }, limit: 999 })).toEqual(everything);
      const active = { tags: { match: 'any', of: ['tx', 'ty'] }, stage: 'active' } as const;
      expect(await jobsBy({ ...active, limit: 9 })).toEqual(['tags.b@1.0.0']);
      const tickets = { actionType: 'OPEN_TICKET', limit: 9 } as const;
      expect(await profilesBy(tickets)).toEqual(['tags.a@1.0.0', 'tags.b@1.0.0']);
      const both = { tags: { match: 'all', of: ['ty'] }, stage: 'draft' } as const;
      expect(await profilesBy({ ...both, ...tickets })).toEqual(['tags.a@1.0.0']);
    });

    it('shows nothing of a scope in another one that has the same names', async () => {
      const others = OTHERS.map((one) => ({ scope: one, types: ['owned'] }));
      await bed.contract('owned.a', '1.0.0', { types: ['owned'] });
      for (const rest of others) await bed.contract('owned.a', '2.0.0', rest);
      await bed.definition('job-definition', 'owned.j', { version: '1.0.0', tags: ['owned'] });
      for (const one of OTHERS)
        await bed.definition('job-definition', 'owned.j', {
          version: '2.0.0',
          tags: ['owned'],
          scope: one,
        });
      await bed.catchUp();
      expect(await latestFor('owned')).toBe('owned.a@1.0.0');
      for (const one of OTHERS) expect(await latestFor('owned', one)).toBe('owned.a@2.0.0');
      expect(await latestFor('owned', parseScope('acme', 'prod'))).toBeUndefined();
      const tags = { match: 'any', of: ['owned'] } as const;
      expect(await jobsBy({ tags, limit: 9 })).toEqual(['owned.j@1.0.0']);
      const { contracts } = bed.stores;
      const id = contractId('owned.a', '2.0.0');
      expect((await contracts.get(scope, id)).found).toBeUndefined();
    });

    it('refuses a limit and a number of tags that are not allowed', async () => {
      for (const limit of [0, -1, 1.5, 1_002, Number.NaN])
        await expect(jobsBy({ limit })).rejects.toThrow(/want 1 to 1001/);
      const of = Array.from({ length: TAGS_ASKED_MAX + 1 }, (_, index) => `t${index}`);
      for (const match of ['all', 'any'] as const) {
        const page = { tags: { match, of }, limit: 9 };
        await expect(jobsBy(page)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
        const most = { match, of: of.slice(0, TAGS_ASKED_MAX) };
        expect(await jobsBy({ tags: most, limit: 9 })).toEqual([]);
      }
    });
  });
}
