import { describe, expect, it } from 'vitest';
import type { WitChange, WitRole } from '#contracts/wit/diff/change';
import { diffWit } from '#contracts/wit/diff/diff-wit';
import { type WitMode, witVerdict } from '#contracts/wit/diff/wit-verdict';
import { subject } from '#test/contracts/wit/diff/subject';

const MODES: readonly WitMode[] = ['BACKWARD', 'FORWARD', 'FULL', 'NONE'];

function change(breaks: readonly WitRole[], feature = false): WitChange {
  return {
    rule: 'docs-changed',
    item: 'a:b',
    before: undefined,
    after: undefined,
    message: '',
    breaks,
    feature,
  };
}

/** Tells for each mode whether changes are compatible, and their level. */
function verdicts(changes: readonly WitChange[]): readonly string[] {
  return MODES.map((mode) => {
    const { compatible, level } = witVerdict(changes, mode);
    return `${compatible ? 'yes' : 'no'} ${level}`;
  });
}

describe('witVerdict()', () => {
  it('protects importers and components in mode BACKWARD, exporters and hosts in mode FORWARD', () => {
    for (const role of ['importer', 'component'] as const) {
      expect(verdicts([change([role])])).toEqual([
        'no major',
        'yes patch',
        'no major',
        'yes major',
      ]);
    }
    for (const role of ['exporter', 'host'] as const) {
      expect(verdicts([change([role])])).toEqual([
        'yes patch',
        'no major',
        'no major',
        'yes patch',
      ]);
    }
  });

  it('takes an addition for minor, all else for a patch, and nothing for none', () => {
    expect(verdicts([])).toEqual(['yes none', 'yes none', 'yes none', 'yes none']);
    expect(verdicts([change([])])).toEqual(['yes patch', 'yes patch', 'yes patch', 'yes patch']);
    expect(verdicts([change([], true), change([])])).toEqual([
      'yes minor',
      'yes minor',
      'yes minor',
      'yes minor',
    ]);
    expect(witVerdict([change([], true), change(['importer'])], 'BACKWARD').level).toBe('major');
  });

  it('names the changes that break somebody, in their order', () => {
    const [one, two, three] = [change(['importer']), change(['host']), change(['component'])];
    expect(witVerdict([one, two, three], 'BACKWARD').breaking).toEqual([one, three]);
    expect(witVerdict([one, two, three], 'FORWARD').breaking).toEqual([two]);
    expect(witVerdict([one, two, three], 'NONE').breaking).toEqual([one, three]);
  });

  it('takes a function that was added for minor, unless a world exports its interface', () => {
    const level = (ports: string) => {
      const text = (body: string) => `package a:b; interface i { ${body} } world w { ${ports} }`;
      return witVerdict(diffWit(subject(text('')), subject(text('f: func();'))), 'BACKWARD').level;
    };
    expect([level(''), level('import i;'), level('export i;')]).toEqual([
      'minor',
      'minor',
      'major',
    ]);
  });
});
