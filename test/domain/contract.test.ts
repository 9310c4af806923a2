import { describe, expect, it } from 'vitest';
import { type ContractEvent, contractEvolution } from '#domain/contract';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { contractPolicyEvolution } from '#domain/contract-policy';
import { sha256Of } from '#domain/digest';

const name = parseContractName('a.b');
const version = parseContractVersion('1.0.0');
const T1 = '2026-01-01T00:00:00.000Z';
const T2 = '2026-01-02T00:00:00.000Z';
const bundle = { name, version, fingerprint: sha256Of('a') };

function fold(...events: readonly ContractEvent[]) {
  return events.reduce(
    (state, event) => contractEvolution.evolve(state, contractEvolution.parse(event), T1),
    contractEvolution.initial,
  );
}

describe('the state of a contract', () => {
  it('takes a version whose event has a bundle alone for an approved one', () => {
    const state = fold({ type: 'ContractPublished', data: { bundle } });
    expect(state.versions.get(version)).toEqual({
      version,
      fingerprint: bundle.fingerprint,
      publishedAt: T1,
      publisher: undefined,
      stage: 'approved',
      bundle,
    });
  });

  it('remembers the publisher and the stage that the event names', () => {
    const data = { bundle, publisher: 'ada', stage: 'pending_approval' } as const;
    const state = fold({ type: 'ContractPublished', data });
    expect(state.versions.get(version)).toMatchObject({
      publisher: 'ada',
      stage: 'pending_approval',
    });
  });

  it('remembers who published a promoted version before, through every stage', () => {
    const promotion = { fromEnvironment: 'dev', fromPosition: 3, publisher: 'ada' };
    const data = { bundle, publisher: 'bob', stage: 'pending_approval', promotion } as const;
    const step = { version, from: 'pending_approval', to: 'draft' } as const;
    const state = fold(
      { type: 'ContractPublished', data },
      { type: 'ContractStageChanged', data: step },
    );
    const people = { publisher: 'bob', alsoPublishedBy: 'ada', stage: 'draft' };
    expect(state.versions.get(version)).toMatchObject(people);
  });

  it('takes a promotion that does not say who published before', () => {
    const promotion = { fromEnvironment: 'dev', fromPosition: 3 };
    const data = { bundle, publisher: 'bob', promotion };
    const state = fold({ type: 'ContractPublished', data });
    expect(state.versions.get(version)).not.toHaveProperty('alsoPublishedBy');
  });

  it('moves one version to its stage and leaves all else alone', () => {
    const other = { ...bundle, version: parseContractVersion('2.0.0') };
    const before = fold(
      { type: 'ContractPublished', data: { bundle, publisher: 'ada' } },
      { type: 'ContractPublished', data: { bundle: other } },
    );
    const step = { version, from: 'approved', to: 'deprecated' } as const;
    const after = contractEvolution.evolve(
      before,
      { type: 'ContractStageChanged', data: step },
      T2,
    );
    expect(after.versions.get(version)).toEqual({
      ...before.versions.get(version),
      stage: 'deprecated',
    });
    expect(after.versions.get(other.version)).toBe(before.versions.get(other.version));
    expect(before.versions.get(version)?.stage).toBe('approved');
  });

  it('cannot fail on a step of a version that is not there', () => {
    const step = { version, from: 'draft', to: 'retired' } as const;
    const event = { type: 'ContractStageChanged', data: step } as const;
    expect(fold(event)).toEqual(contractEvolution.initial);
  });

  it('holds the last mode, and none after it was taken back', () => {
    const set = (mode: 'FULL' | null) =>
      ({ type: 'CompatibilityModeSet', data: { mode } }) as const;
    expect(fold(set('FULL')).mode).toBe('FULL');
    expect(fold(set('FULL'), set(null)).mode).toBeUndefined();
  });
});

describe('the state of a policy', () => {
  it('holds the last mode, and none after it was taken back', () => {
    const set = (mode: 'FULL' | null) =>
      ({ type: 'DefaultCompatibilityModeSet', data: { mode } }) as const;
    const { initial } = contractPolicyEvolution;
    const full = contractPolicyEvolution.evolve(initial, set('FULL'), T1);
    expect(full).toEqual({ defaultMode: 'FULL' });
    expect(contractPolicyEvolution.evolve(full, set(null), T2)).toEqual(initial);
  });
});
