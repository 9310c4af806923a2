import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeContractStage } from '#commands/change-contract-stage';
import { parseContractVersion as v } from '#domain/contract-name';
import { NEWEST, toPosition } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { type ContractBed, openContractBed } from '#test/support/catalog-bed';
import { commandContext } from '#test/support/command-env';
import { contractName, contractOf } from '#test/support/publishing';

let bed: ContractBed;
beforeEach(() => {
  bed = openContractBed();
});
afterEach(() => {
  bed[Symbol.dispose]();
});

describe('a version in the catalog', () => {
  it('shows its last deprecation at every position, also once it is retired, until it is approved again', async () => {
    await bed.published(contractOf('1.0.0'), contractOf('2.0.0'));
    const id = { name: contractName, version: v('1.0.0') };
    const first = { successor: '2.0.0', sunset: '2998-01-01T00:00:00.000Z', notes: 'old' };
    const second = { sunset: '2999-01-01T00:00:00.000Z' };
    const deprecate = async (parting: object) => {
      const step = { ...id, to: 'deprecated', ...parting } as const;
      await changeContractStage(bed.commands, { ...commandContext(), actor: 'ada' }, step);
      await bed.catchUp();
    };
    await deprecate(first);
    await bed.moved('1.0.0', 'approved');
    await deprecate(second);
    await bed.moved('1.0.0', 'retired');
    const at = (position: number) =>
      bed.contracts.find(DEFAULT_SCOPE, id, toPosition(position))?.deprecated;
    const by = { time: expect.any(String), actor: 'ada' };
    const seen = [1, 2, 3, 4, 5, 6, 99].map(at);
    const last = { position: 5, ...by, ...second };
    expect(seen).toEqual([
      undefined,
      undefined,
      { position: 3, ...by, ...first },
      undefined,
      last,
      last,
      last,
    ]);
    const retired = bed.contracts.find(DEFAULT_SCOPE, id, NEWEST);
    expect(retired).toMatchObject({ stage: 'retired', staged: { position: 6, actor: 'tester' } });
    const deprecated = bed.contracts.find(DEFAULT_SCOPE, id, toPosition(5));
    expect(deprecated?.staged).toEqual(deprecated?.deprecated);
    const other = { name: contractName, version: v('2.0.0') };
    expect(bed.contracts.find(DEFAULT_SCOPE, other, NEWEST)?.deprecated).toBeUndefined();
  });

  it('shows no deprecation when it was retired without one', async () => {
    await bed.published(contractOf('1.0.0', { stage: 'draft' }));
    await bed.moved('1.0.0', 'retired');
    const id = { name: contractName, version: v('1.0.0') };
    const found = bed.contracts.find(DEFAULT_SCOPE, id, NEWEST);
    expect([found?.stage, found?.deprecated]).toEqual(['retired', undefined]);
  });
});
