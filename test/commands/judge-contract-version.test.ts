import { describe, expect, it } from 'vitest';
import { judgeContractVersion, type VersionCase } from '#commands/judge-contract-version';
import type { DirectionVerdict, GateComparison } from '#contracts/gate/gate-report';
import type { ChangeLevel, CompatibilityMode } from '#domain/contract-gate';
import { parseContractVersion } from '#domain/contract-name';

const PROVED: DirectionVerdict = { kind: 'compatible' };
const REFUTED: DirectionVerdict = { kind: 'incompatible' };
const OPEN: DirectionVerdict = { kind: 'unknown', reason: 'it is hard' };

function comparison(version: string, level: ChangeLevel): GateComparison {
  const isCompatible = level !== 'major';
  return {
    version,
    isCompatible,
    backward: isCompatible ? PROVED : REFUTED,
    forward: isCompatible ? PROVED : REFUTED,
    level,
    changes: [],
    changesOmitted: 0,
  };
}

function judged(chosen: string | undefined, at: Partial<VersionCase> = {}) {
  return judgeContractVersion({
    chosen: chosen === undefined ? undefined : parseContractVersion(chosen),
    highest: parseContractVersion('1.4.0'),
    mode: 'BACKWARD',
    comparisons: [],
    overrides: false,
    ...at,
  });
}

describe('judgeContractVersion()', () => {
  it('computes the next version from the level', () => {
    const table: readonly (readonly [ChangeLevel, string])[] = [
      ['none', '1.4.1'],
      ['patch', '1.4.1'],
      ['minor', '1.5.0'],
      ['major', '2.0.0'],
    ];
    for (const [level, version] of table) {
      const comparisons = [comparison('1.4.0', level)];
      expect(judged(undefined, { comparisons })).toMatchObject({ kind: 'enough', version });
    }
  });

  it('computes the largest step that any of the comparisons asks for', () => {
    const comparisons = [comparison('1.4.0', 'patch'), comparison('1.0.0', 'major')];
    expect(judged(undefined, { comparisons })).toMatchObject({ version: '2.0.0' });
    const small = [comparison('1.4.0', 'patch'), comparison('1.0.0', 'minor')];
    expect(judged(undefined, { comparisons: small })).toMatchObject({ version: '1.4.1' });
  });

  it('computes a version above pre-releases that nothing is compared with', () => {
    const highest = parseContractVersion('2.0.0-rc.1');
    const comparisons = [comparison('1.4.0', 'patch')];
    expect(judged(undefined, { highest, comparisons })).toMatchObject({ version: '2.0.0' });
  });

  it('refuses a chosen version that is too small, and says which is the smallest right one', () => {
    const comparisons = [comparison('1.4.0', 'minor'), comparison('1.0.0', 'major')];
    expect(judged('1.4.1', { comparisons })).toMatchObject({
      kind: 'too-small',
      want: '2.0.0',
      failing: [{ version: '1.4.0' }, { version: '1.0.0' }],
    });
    expect(judged('1.5.0', { comparisons })).toMatchObject({
      want: '2.0.0',
      failing: [{ version: '1.0.0' }],
    });
    expect(judged('2.0.0', { comparisons })).toMatchObject({ kind: 'enough', version: '2.0.0' });
  });

  it('lets any version be chosen in mode NONE, and still computes the honest one', () => {
    const comparisons = [{ ...comparison('1.4.0', 'major'), isCompatible: true }];
    const none = { mode: 'NONE', comparisons } as const;
    expect(judged('1.4.1', none)).toMatchObject({ kind: 'enough', version: '1.4.1' });
    expect(judged(undefined, none)).toMatchObject({ version: '2.0.0' });
  });

  it('takes what is not proved for a breaking change, unless the publisher vouches for it', () => {
    const open = { ...comparison('1.4.0', 'major'), backward: OPEN, forward: OPEN };
    const comparisons = [open];
    expect(judged('1.5.0', { comparisons })).toMatchObject({ kind: 'too-small', want: '2.0.0' });
    expect(judged('2.0.0', { comparisons })).toMatchObject({ isOverridden: false });
    const overrides = true;
    expect(judged('1.5.0', { comparisons, overrides })).toMatchObject({
      kind: 'enough',
      isOverridden: true,
    });
    expect(judged(undefined, { comparisons, overrides })).toMatchObject({ version: '1.5.0' });
    expect(judged('1.4.1', { comparisons, overrides })).toMatchObject({ want: '1.5.0' });
  });

  it('never lets anybody vouch for what is refuted in a direction that the mode needs', () => {
    const table: readonly (readonly [
      CompatibilityMode,
      DirectionVerdict,
      DirectionVerdict,
      boolean,
    ])[] = [
      ['BACKWARD', OPEN, REFUTED, true],
      ['BACKWARD', REFUTED, OPEN, false],
      ['FORWARD', REFUTED, OPEN, true],
      ['FORWARD', OPEN, REFUTED, false],
      ['FULL', OPEN, PROVED, true],
      ['FULL', OPEN, REFUTED, false],
      ['FULL', REFUTED, OPEN, false],
      ['FULL_TRANSITIVE', PROVED, OPEN, true],
      ['BACKWARD_TRANSITIVE', REFUTED, OPEN, false],
      ['FORWARD_TRANSITIVE', OPEN, REFUTED, false],
    ];
    for (const [mode, backward, forward, passes] of table) {
      const comparisons = [{ ...comparison('1.4.0', 'major'), backward, forward }];
      const { kind } = judged('1.5.0', { mode, comparisons, overrides: true });
      expect(kind, `${mode} ${backward.kind} ${forward.kind}`).toBe(
        passes ? 'enough' : 'too-small',
      );
    }
  });

  it('says nothing of an override that was not needed', () => {
    const comparisons = [comparison('1.4.0', 'minor')];
    expect(judged('1.5.0', { comparisons, overrides: true })).toMatchObject({
      isOverridden: false,
    });
  });
});
