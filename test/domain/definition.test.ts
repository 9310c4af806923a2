import { describe, expect, it } from 'vitest';
import { actionProfileEvolution, readActionProfile } from '#domain/action-profile';
import { parseContractVersion } from '#domain/contract-name';
import {
  definitionOf,
  parseActionProfileId,
  parseDefinitionVersion,
  parseJobDefinitionId,
  parseWantedVersion,
} from '#domain/definition';
import { jobDefinitionEvolution, readJobDefinition } from '#domain/job-definition';
import { HOSTILE } from '#test/support/hostile';
import { jobId, jobOf, profileId, profileOf } from '#test/support/jobs';

const version = parseContractVersion('1.0.0');
const T1 = '2026-01-01T00:00:00.000Z';
const T2 = '2026-01-02T00:00:00.000Z';
const invalid = expect.objectContaining({ code: 'INVALID_NAME' }) as Error;

describe('ids and versions of definitions', () => {
  it('are written as names and versions of contracts, and refused by their own name', () => {
    expect(parseJobDefinitionId('orders.check-2')).toBe('orders.check-2');
    expect(parseActionProfileId('a_b')).toBe('a_b');
    for (const text of [...HOSTILE, 'Orders', 'a.v1', '1a', 'a..b', 'a@1']) {
      expect(() => parseJobDefinitionId(text), text).toThrow(invalid);
      expect(() => parseActionProfileId(text), text).toThrow(invalid);
      expect(() => parseDefinitionVersion(text), text).toThrow(invalid);
      expect(() => parseWantedVersion(text), text).toThrow(invalid);
    }
    expect(() => parseJobDefinitionId('A')).toThrow(
      /^Cannot use job definition id "A": segment "A" is not allowed \(want at most 200/,
    );
    expect(() => parseDefinitionVersion('1.0')).toThrow(/^Cannot use version "1.0": it is neither/);
    expect(parseWantedVersion('latest')).toBe('latest');
    expect(parseWantedVersion('2.0.0-rc.1')).toBe('2.0.0-rc.1');
  });
});

describe('how definitions change', () => {
  const staged = { version, from: 'draft', to: 'pending_approval' } as const;

  it('a profile: versions begin as drafts, and move', () => {
    const definition = definitionOf(profileId, version, readActionProfile(profileOf()));
    const defined = { type: 'ActionProfileDefined', data: { definition, author: 'ada' } } as const;
    const { initial } = actionProfileEvolution;
    const one = actionProfileEvolution.evolve(initial, defined, T1);
    const { fingerprint } = definition;
    const known = { version, fingerprint, definedAt: T1, author: 'ada', definition };
    expect([...one.versions.values()]).toEqual([{ ...known, stage: 'draft' }]);
    const two = actionProfileEvolution.evolve(
      one,
      { type: 'ActionProfileStageChanged', data: staged },
      T2,
    );
    expect([...two.versions.values()]).toEqual([{ ...known, stage: 'pending_approval' }]);
    expect(initial.versions.size).toBe(0);
  });

  it('a job: versions begin as drafts, and move; a step of none changes nothing', () => {
    const definition = definitionOf(jobId, version, readJobDefinition(jobOf()));
    const { initial } = jobDefinitionEvolution;
    const step = { type: 'JobStageChanged', data: staged } as const;
    expect(jobDefinitionEvolution.evolve(initial, step, T1)).toBe(initial);
    const data = { definition, author: 'ada' };
    const one = jobDefinitionEvolution.evolve(initial, { type: 'JobDefined', data }, T1);
    expect(one.versions.get(version)).toMatchObject({ stage: 'draft', definition });
    expect(jobDefinitionEvolution.evolve(one, step, T2).versions.get(version)?.stage).toBe(
      'pending_approval',
    );
  });
});
