import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  contractKey,
  parseContractKey,
  parseContractName,
  parseContractVersion,
  versionOrderKey,
} from '#domain/contract-name';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { HOSTILE } from '#test/support/hostile';

const segment = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/).filter((s) => !/^v\d+$/.test(s));
const name = fc
  .array(segment, { minLength: 1, maxLength: 5 })
  .map((segments) => parseContractName(segments.join('.')));
const number = fc.nat({ max: 30 });
const identifier = fc.oneof(
  number.map(String),
  fc.stringMatching(/^[0-9A-Za-z-]{1,6}$/).filter((s) => !/^\d+$/.test(s)),
);
const semverText = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }))
  .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length === 0 ? '' : `-${pre.join('.')}`}`);
const version = fc
  .oneof(
    number.map((n) => `v${n}`),
    semverText,
  )
  .map((text) => parseContractVersion(text));
const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);
const scope = fc.oneof(
  fc.constant(DEFAULT_SCOPE),
  fc.tuple(label, label).map(([t, e]) => parseScope(t, e)),
);

describe('contract keys', () => {
  it('contractKey() writes meta.<name>.<version> in the default scope', () => {
    const key = contractKey(
      DEFAULT_SCOPE,
      parseContractName('ritual.started'),
      parseContractVersion('v1'),
    );
    expect(key).toBe('meta.ritual.started.v1');
  });

  it('parseContractKey() gives back what contractKey() was given, for every scope, name and version', () => {
    fc.assert(
      fc.property(scope, name, version, (s, n, v) => {
        expect(parseContractKey(contractKey(s, n, v))).toEqual({ scope: s, name: n, version: v });
      }),
      { numRuns: 3_000 },
    );
  });

  it('contractKey() gives different keys to different contracts', () => {
    fc.assert(
      fc.property(scope, name, version, scope, name, version, (s1, n1, v1, s2, n2, v2) => {
        const same = JSON.stringify([s1, n1, v1]) === JSON.stringify([s2, n2, v2]);
        expect(contractKey(s1, n1, v1) === contractKey(s2, n2, v2)).toBe(same);
      }),
      { numRuns: 3_000 },
    );
  });

  it('contractKey() stays within the characters of a KV key', () => {
    fc.assert(
      fc.property(scope, name, version, (s, n, v) => /^[-/=.\w]+$/.test(contractKey(s, n, v))),
    );
  });

  it('parseContractKey() refuses what contractKey() does not make', () => {
    for (const key of [
      ...HOSTILE,
      'meta',
      'meta.a',
      'meta.v1',
      'a.v1',
      'meta.A.v1',
      'scope.a.b.a.v1',
      'scope.default.dev.meta.a.v1',
      'meta.a.v01',
      'meta.a.1.2',
    ]) {
      expect(() => parseContractKey(key), key).toThrow();
    }
  });
});

describe('contract names and versions', () => {
  it('parseContractName() refuses segments like versions, and hostile texts', () => {
    for (const text of [
      ...HOSTILE,
      'v1',
      'ritual.v2',
      'ritual.v2.x',
      'Ritual',
      '1a',
      'a..b',
      '.a',
      'a.',
      'a'.repeat(201),
    ]) {
      expect(() => parseContractName(text), text).toThrow(/Cannot use contract name/);
    }
    expect(parseContractName('version.v1x.vx1')).toBe('version.v1x.vx1');
  });

  it('parseContractVersion() takes v<major> and SemVer without build metadata, and nothing else', () => {
    for (const text of ['v0', 'v12', '1.2.3', '0.0.1-rc.1', '2.0.0-alpha-x.10']) {
      expect(parseContractVersion(text)).toBe(text);
    }
    for (const text of [
      ...HOSTILE,
      'v',
      'v01',
      'V1',
      '1',
      '1.2',
      '01.2.3',
      '1.2.3+build',
      '1.2.3-',
      '1.2.3-01',
      '1.2.3-a..b',
      'v1.2',
    ]) {
      expect(() => parseContractVersion(text), text).toThrow(/Cannot use contract version/);
    }
  });

  it('compareVersions() orders SemVer as SemVer does', () => {
    fc.assert(
      fc.property(semverText, semverText, (a, b) => {
        const ours = compareVersions(parseContractVersion(a), parseContractVersion(b));
        expect(Math.sign(ours)).toBe(semver.compare(a, b));
      }),
      { numRuns: 5_000 },
    );
  });

  it('compareVersions() orders v2 before v10', () => {
    const texts = ['v10', 'v2', 'v1', '1.10.0', '1.9.0', '2.0.0-rc.1'].map(parseContractVersion);
    expect(texts.toSorted(compareVersions)).toEqual([
      'v1',
      '1.9.0',
      '1.10.0',
      '2.0.0-rc.1',
      'v2',
      'v10',
    ]);
  });

  it('versionOrderKey() is different for different versions', () => {
    fc.assert(
      fc.property(
        version,
        version,
        (a, b) => (versionOrderKey(a) === versionOrderKey(b)) === (a === b),
      ),
    );
  });
});
