import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePredecessors } from '#commands/choose-contract-predecessors';
import { COMPATIBILITY_MODES } from '#domain/contract-gate';
import { compareVersions, parseContractVersion } from '#domain/contract-name';

const limit = { comparisonsMax: 50 };
const versionsOf = (...texts: readonly string[]) => texts.map(parseContractVersion);

function chosen(there: readonly string[], version: string | undefined, isTransitive = false) {
  const mode = isTransitive ? 'FULL_TRANSITIVE' : 'FULL';
  const wanted = version === undefined ? undefined : parseContractVersion(version);
  return choosePredecessors(versionsOf(...there), wanted, { mode, ...limit });
}

describe('choosePredecessors()', () => {
  it('compares the first version with nothing', () => {
    for (const isTransitive of [true, false]) {
      expect(chosen([], undefined, isTransitive)).toEqual({
        base: undefined,
        compared: [],
        omitted: 0,
        highest: undefined,
      });
      expect(chosen(['2.0.0'], '1.0.0', isTransitive)).toMatchObject({ compared: [] });
    }
  });

  it('compares with the release before the version, not with the newest one', () => {
    const there = ['1.0.0', '2.0.0', '1.2.4', '1.2.5-rc.1'];
    expect(chosen(there, '1.2.5')).toMatchObject({ base: '1.2.4', compared: ['1.2.4'] });
    expect(chosen(there, '3.0.0')).toMatchObject({ base: '2.0.0', highest: '2.0.0' });
    expect(chosen(there, undefined)).toMatchObject({ base: '2.0.0' });
  });

  it('looks at pre-releases only where there is no release', () => {
    expect(chosen(['1.0.0-a', '1.0.0-b'], undefined)).toMatchObject({ base: '1.0.0-b' });
    expect(chosen(['1.0.0', '2.0.0-rc.1'], undefined)).toMatchObject({
      base: '1.0.0',
      highest: '2.0.0-rc.1',
    });
  });

  it('compares with every release of the major line in a transitive mode, newest first', () => {
    const there = ['1.0.0', '1.1.0', '1.10.0', '1.9.0', '1.11.0-rc.1', '0.9.0', '2.0.0', 'v1'];
    expect(chosen(there, '1.12.0', true)).toMatchObject({
      base: '1.10.0',
      compared: ['1.10.0', '1.9.0', '1.1.0', 'v1', '1.0.0'],
    });
    expect(chosen(there, '3.0.0', true)).toMatchObject({ compared: ['2.0.0'] });
    expect(chosen(there, '1.9.5', true).compared).toEqual(['1.9.0', '1.1.0', 'v1', '1.0.0']);
  });

  it('compares a version in v style with the one before alone', () => {
    expect(chosen(['v1', 'v2', 'v3'], 'v4', true)).toMatchObject({ compared: ['v3'] });
    expect(chosen(['v1', 'v2', 'v3'], undefined, true)).toMatchObject({ compared: ['v3'] });
  });

  it('takes the newest of a line that is too long, and counts the rest', () => {
    const there = Array.from({ length: 60 }, (_, i) => `1.${i}.0`);
    const found = chosen(there, undefined, true);
    expect(found.compared).toHaveLength(50);
    expect(found).toMatchObject({ base: '1.59.0', omitted: 10 });
    expect(found.compared.at(-1)).toBe('1.10.0');
  });

  it('in every mode: the base is the first that is compared, and all are below what was chosen', () => {
    const part = fc.nat({ max: 3 });
    const text = fc
      .tuple(part, part, part, fc.constantFrom('', '', '-rc.1'))
      .map(([a, b, c, tail]) => parseContractVersion(`${a}.${b}.${c}${tail}`));
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { maxLength: 12 }),
        fc.option(text, { nil: undefined }),
        fc.constantFrom(...COMPATIBILITY_MODES),
        (there, version, mode) => {
          const { base, compared } = choosePredecessors(there, version, { mode, ...limit });
          expect(compared[0]).toBe(base);
          const isSorted = compared.every(
            (one, i) => i === 0 || compareVersions(compared[i - 1] ?? one, one) > 0,
          );
          expect(isSorted).toBe(true);
          for (const one of compared) {
            expect(there).toContain(one);
            if (version !== undefined) expect(compareVersions(one, version)).toBeLessThan(0);
          }
        },
      ),
    );
  });
});
