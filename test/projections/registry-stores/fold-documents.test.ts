import { describe, expect, it } from 'vitest';
import type { EventHash } from '#domain/event';
import { START } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { subjectOf } from '#log/subjects';
import { someEvent } from '#test/support/events';
import { contractId, openStoreBed, type StoreBed } from '#test/support/store-bed';
import { storeStorage } from '#test/support/store-storages';

const scope = DEFAULT_SCOPE;

async function withBed(check: (bed: StoreBed) => Promise<void>): Promise<void> {
  await using storage = await storeStorage('sqlite');
  await using bed = await openStoreBed(storage.backend());
  await check(bed);
}

/** Shows what is new and expects that the last event cannot be applied. */
async function expectCorrupt(bed: StoreBed, reason: RegExp): Promise<void> {
  const { last } = await bed.log.head();
  await expect(bed.catchUp(1)).rejects.toMatchObject({
    code: 'CORRUPT_EVENT',
    message: expect.stringMatching(reason) as string,
  });
  expect((await bed.stores.open()).position).toBe(last - 1);
}

describe('what the stores make of events', () => {
  it('passes over kinds that are not kept, whatever their events say', async () => {
    await withBed(async (bed) => {
      for (const kind of ['dataset', 'contract-policy', 'job-run'] as const)
        await bed.log.append(subjectOf({ scope, kind, id: 'x' }), START, someEvent());
      await bed.contract('a', '1.0.0');
      await bed.catchUp();
      const { position, found } = await bed.stores.contracts.get(scope, contractId('a', '1.0.0'));
      expect([position, found?.position]).toEqual([4, 4]);
    });
  });

  it.each(['contract', 'job-definition', 'action-profile'] as const)(
    'halts on an unknown type of event of a %s',
    async (kind) => {
      await withBed(async (bed) => {
        await bed.append({ kind, name: 'a' }, 'SomethingElse', {});
        await expectCorrupt(bed, /type is unknown/);
      });
    },
  );

  it.each([
    ['a first event', undefined, /follows hash "none"/],
    ['another event', 'f'.repeat(64), /follows hash "f+"/],
  ])('halts on an event that claims to follow %s', async (_, previousHash, reason) => {
    await withBed(async (bed) => {
      const position = await bed.contract('a', '1.0.0');
      await bed.catchUp();
      const claim = previousHash === undefined ? {} : { previousHash: previousHash as EventHash };
      const event = someEvent({ type: 'CompatibilityModeSet', data: { mode: null }, ...claim });
      await bed.log.append(subjectOf({ scope, kind: 'contract', id: 'a' }), position, event);
      await expectCorrupt(bed, reason);
    });
  });

  it('follows the chain over events that change no version', async () => {
    await withBed(async (bed) => {
      const at = { kind: 'contract', name: 'a' } as const;
      await bed.append(at, 'CompatibilityModeSet', { mode: 'FULL' });
      await bed.contract('a', '1.0.0');
      await bed.append(at, 'CompatibilityModeSet', { mode: null });
      await bed.moved(at, '1.0.0', 'deprecated');
      await bed.catchUp(1);
      const { found } = await bed.stores.contracts.get(scope, contractId('a', '1.0.0'));
      expect(found?.stage).toBe('deprecated');
    });
  });

  it('passes over a change of stage of a version that was never added', async () => {
    await withBed(async (bed) => {
      await bed.contract('a', '1.0.0');
      await bed.moved({ kind: 'contract', name: 'a' }, '1.0.1', 'approved');
      await bed.catchUp();
      const { position, found } = await bed.stores.contracts.get(scope, contractId('a', '1.0.1'));
      expect([position, found]).toEqual([2, undefined]);
      expect((await bed.stores.contracts.list(scope, { limit: 9 })).found).toHaveLength(1);
    });
  });

  it('halts on a version or a name that is not written as one, instead of trying for ever', async () => {
    await withBed(async (bed) => {
      await bed.contract('a', '../1');
      await expectCorrupt(bed, /was not parsed/);
    });
    await withBed(async (bed) => {
      await bed.contract('../a', '1.0.0');
      await expectCorrupt(bed, /Cannot use contract name/);
    });
  });

  it('takes a publication of the first days, which had a bundle alone, for approved', async () => {
    await withBed(async (bed) => {
      const bundle = { name: 'old', version: 'v1', fingerprint: 'f' };
      await bed.append({ kind: 'contract', name: 'old' }, 'ContractPublished', { bundle });
      await bed.catchUp();
      const { found } = await bed.stores.contracts.get(scope, contractId('old', 'v1'));
      expect(found).toMatchObject({ stage: 'approved', publisher: 'tester' });
    });
  });
});
