import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { judgeVersion, nextVersion, predecessorOf } from '#contracts/versioning/next-version';
import type { ChangeLevel } from '#domain/contract-gate';
import { type ContractVersion, compareVersions, parseContractVersion } from '#domain/contract-name';

const v = parseContractVersion;
const LEVELS: readonly ChangeLevel[] = ['none', 'patch', 'minor', 'major'];

/** Tells a judgement as one text. */
function judged(chosen: string, previous: string | undefined, level: ChangeLevel): string {
  const got = judgeVersion(v(chosen), previous === undefined ? undefined : v(previous), level);
  return got.kind === 'enough' ? 'enough' : `${got.kind}, want ${got.want}`;
}

const number = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 999_999_998 }));
const core = fc.tuple(number, number, number).map((numbers) => numbers.join('.'));
const label = fc.constantFrom('rc.1', 'rc.2', 'rc.10', 'alpha', '0', '1-a.b');
const semVersion = fc
  .tuple(core, fc.option(label, { nil: undefined }))
  .map(([numbers, pre]) => v(pre === undefined ? numbers : `${numbers}-${pre}`));
const majorVersion = number.map((major) => v(`v${major}`));
const level = fc.constantFrom(...LEVELS);

/** What the package calls the step that a level takes. */
function stepOf(previous: ContractVersion, taken: ChangeLevel): 'major' | 'minor' | 'patch' {
  if (taken === 'none') return 'patch';
  if (semver.major(previous) > 0) return taken;
  return taken === 'major' ? 'minor' : 'patch';
}

describe('nextVersion()', () => {
  it('begins with 1.0.0, or v1', () => {
    expect(nextVersion(undefined, 'major')).toBe('1.0.0');
    expect(nextVersion(undefined, 'none', 'major')).toBe('v1');
  });

  it('takes the next major for a break, the next minor for an addition, else the next patch', () => {
    expect(LEVELS.map((one) => nextVersion(v('1.9.9'), one))).toEqual([
      '1.9.10',
      '1.9.10',
      '1.10.0',
      '2.0.0',
    ]);
  });

  it('takes the next minor for a break below 1.0.0, else the next patch', () => {
    expect(LEVELS.map((one) => nextVersion(v('0.9.9'), one))).toEqual([
      '0.9.10',
      '0.9.10',
      '0.9.10',
      '0.10.0',
    ]);
    expect(nextVersion(v('0.0.3'), 'major')).toBe('0.1.0');
  });

  it('takes the next v for everything, and keeps the style', () => {
    expect(LEVELS.map((one) => nextVersion(v('v9'), one))).toEqual(['v10', 'v10', 'v10', 'v10']);
    expect(nextVersion(v('v0'), 'patch')).toBe('v1');
  });

  it('takes the release of a pre-release when that is step enough', () => {
    const after = (previous: string) => LEVELS.map((one) => nextVersion(v(previous), one));
    expect(after('2.0.0-rc.1')).toEqual(['2.0.0', '2.0.0', '2.0.0', '2.0.0']);
    expect(after('1.5.0-rc.1')).toEqual(['1.5.0', '1.5.0', '1.5.0', '2.0.0']);
    expect(after('1.4.3-rc.1')).toEqual(['1.4.3', '1.4.3', '1.5.0', '2.0.0']);
    expect(after('0.5.0-rc.1')).toEqual(['0.5.0', '0.5.0', '0.5.0', '0.5.0']);
    expect(after('0.5.1-rc.1')).toEqual(['0.5.1', '0.5.1', '0.5.1', '0.6.0']);
  });

  it('gives what the package semver gives, for any version and level', () => {
    fc.assert(
      fc.property(semVersion, level, (previous, taken) => {
        expect(nextVersion(previous, taken)).toBe(semver.inc(previous, stepOf(previous, taken)));
      }),
      { numRuns: 2000 },
    );
  });

  it('always comes after the previous version, in its style', () => {
    fc.assert(
      fc.property(fc.oneof(semVersion, majorVersion), level, (previous, taken) => {
        const next = nextVersion(previous, taken);
        expect(compareVersions(next, previous)).toBeGreaterThan(0);
        expect(next.startsWith('v')).toBe(previous.startsWith('v'));
        expect(judgeVersion(next, previous, taken)).toEqual({ kind: 'enough' });
      }),
    );
  });

  it('refuses a number of ten digits', () => {
    expect(() => nextVersion(v('1.999999999.0'), 'minor')).toThrow(/Cannot use contract version/);
    expect(() => nextVersion(v('v999999999'), 'none')).toThrow(/Cannot use contract version/);
    expect(nextVersion(v('1.999999999.0'), 'patch')).toBe('1.999999999.1');
  });
});

describe('judgeVersion()', () => {
  it('takes any first version', () => {
    for (const first of ['0.0.1', '1.0.0', '7.3.1-rc.1', 'v0', 'v12']) {
      expect(judged(first, undefined, 'major')).toBe('enough');
    }
  });

  it('takes what promises enough, or more than that', () => {
    for (const [chosen, previous, taken] of [
      ['2.0.0', '1.4.0', 'major'],
      ['3.1.4', '1.4.0', 'major'],
      ['1.5.0', '1.4.0', 'minor'],
      ['1.5.7', '1.4.0', 'minor'],
      ['2.0.0', '1.4.0', 'minor'],
      ['1.4.1', '1.4.0', 'patch'],
      ['1.4.10', '1.4.9', 'none'],
      ['0.5.0', '0.4.2', 'major'],
      ['1.0.0', '0.4.2', 'major'],
      ['0.4.3', '0.4.2', 'minor'],
      ['2.0.0-rc.1', '1.4.0', 'major'],
      ['2.0.0-rc.2', '2.0.0-rc.1', 'major'],
      ['2.0.0', '2.0.0-rc.1', 'major'],
      ['1.5.0-rc.1', '1.4.0', 'minor'],
    ] as const) {
      expect(judged(chosen, previous, taken), `${chosen} after ${previous}`).toBe('enough');
    }
  });

  it('says what is the smallest version that promises enough', () => {
    expect(judged('1.5.0', '1.4.0', 'major')).toBe('too-small, want 2.0.0');
    expect(judged('1.4.1', '1.4.0', 'minor')).toBe('too-small, want 1.5.0');
    expect(judged('0.4.3', '0.4.2', 'major')).toBe('too-small, want 0.5.0');
    expect(judged('1.9.0-rc.1', '1.4.0', 'major')).toBe('too-small, want 2.0.0');
    expect(judged('1.5.0', '1.5.0-rc.1', 'major')).toBe('too-small, want 2.0.0');
    expect(judged('1.4.3', '1.4.3-rc.1', 'minor')).toBe('too-small, want 1.5.0');
  });

  it('refuses a version that is not after the previous one, by number and not by letter', () => {
    expect(judged('1.4.0', '1.4.0', 'none')).toBe('not-after, want 1.4.1');
    expect(judged('1.9.0', '1.10.0', 'minor')).toBe('not-after, want 1.11.0');
    expect(judged('2.0.0-rc.1', '2.0.0', 'patch')).toBe('not-after, want 2.0.1');
    expect(judged('2.0.0-rc.2', '2.0.0-rc.10', 'patch')).toBe('not-after, want 2.0.0');
    expect(judged('v9', 'v10', 'major')).toBe('not-after, want v11');
  });

  it('lets a publisher go from v2 to SemVer, v2 counting as 2.0.0', () => {
    expect(judged('2.0.1', 'v2', 'patch')).toBe('enough');
    expect(judged('2.1.0', 'v2', 'minor')).toBe('enough');
    expect(judged('2.1.0', 'v2', 'major')).toBe('too-small, want 3.0.0');
    expect(judged('2.0.1', 'v2', 'minor')).toBe('too-small, want 2.1.0');
    expect(judged('2.0.0', 'v2', 'none')).toBe('not-after, want 2.0.1');
  });

  it('lets a publisher go from SemVer to a v above the major', () => {
    for (const taken of LEVELS) {
      expect(judged('v3', '2.7.1', taken)).toBe('enough');
      expect(judged('v2', '2.7.1', taken)).toBe('not-after, want v3');
      expect(judged('v2', '2.0.0', taken)).toBe('too-small, want v3');
    }
    expect(judged('v2', '2.0.0-rc.1', 'major')).toBe('enough');
    expect(judged('v1', '0.4.0', 'major')).toBe('enough');
  });

  it('takes a version exactly when it is neither below the smallest right one nor a pre-release of less', () => {
    const any = fc.oneof(semVersion, majorVersion);
    fc.assert(
      fc.property(any, any, level, (chosen, previous, taken) => {
        const asSemver = (one: string) => (one.startsWith('v') ? `${one.slice(1)}.0.0` : one);
        const [ours, theirs] = [asSemver(chosen), asSemver(previous)];
        const right = semver.inc(theirs, stepOf(v(theirs), taken)) ?? '';
        const release = `${semver.major(ours)}.${semver.minor(ours)}.${semver.patch(ours)}`;
        const enough = semver.gt(ours, theirs) && semver.gte(release, right);
        const got = judgeVersion(chosen, previous, taken);
        expect(got.kind === 'enough').toBe(enough);
        if (got.kind === 'enough') return;
        expect(judgeVersion(got.want, previous, taken)).toEqual({ kind: 'enough' });
        expect(semver.gte(asSemver(got.want), right)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('predecessorOf()', () => {
  const before = (chosen: string, ...versions: readonly string[]) =>
    predecessorOf(v(chosen), versions.map(v));

  it('finds the highest version below, whatever the order of the versions', () => {
    expect(before('2.0.0', '1.9.0', '1.10.0', '1.2.0')).toBe('1.10.0');
    expect(before('v11', 'v9', 'v10', 'v12')).toBe('v10');
  });

  it('measures a back-port against its own line', () => {
    expect(before('1.2.5', '1.2.3', '1.2.4', '1.3.0', '2.0.0')).toBe('1.2.4');
    expect(before('2.1.0', '1.9.0', 'v2', 'v3')).toBe('v2');
  });

  it('passes over pre-releases while there is a release below', () => {
    expect(before('2.0.0', '1.4.0', '2.0.0-rc.1')).toBe('1.4.0');
    expect(before('2.0.0-rc.2', '1.4.0', '2.0.0-rc.1')).toBe('1.4.0');
    expect(before('1.0.0', '1.0.0-rc.1', '1.0.0-rc.2')).toBe('1.0.0-rc.2');
  });

  it('finds none where none is below', () => {
    expect(before('1.0.0')).toBeUndefined();
    expect(before('1.0.0', '1.0.0', '1.0.1', 'v1')).toBeUndefined();
  });

  it('finds what sorting with the package semver finds', () => {
    fc.assert(
      fc.property(semVersion, fc.array(semVersion, { maxLength: 8 }), (chosen, versions) => {
        const below = semver.rsort(versions.filter((one) => semver.lt(one, chosen)));
        const want = below.find((one) => semver.prerelease(one) === null) ?? below[0];
        expect(predecessorOf(chosen, versions)).toBe(want);
      }),
    );
  });
});
