import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkWit } from '#contracts/wit/check-wit';
import { diffWit } from '#contracts/wit/diff/diff-wit';
import type { WitSubject } from '#contracts/wit/diff/wit-side';
import { witVerdict } from '#contracts/wit/diff/wit-verdict';
import { resolveWit } from '#contracts/wit/resolve';
import { checkRelease } from '#test/contracts/wit/diff/wasi-history';
import { fixtureFolder, readCase } from '#test/contracts/wit/fixtures';

const history = fixtureFolder('wasi-history');
const cases = fixtureFolder('wit-parser-ui');

function subject(version: string, more: string): WitSubject {
  const text = `package demo:shop@${version};\ninterface orders {\n  count: func() -> u32;\n${more}}\n`;
  const checked = checkWit([{ path: 'orders.wit', text }]);
  if (checked.kind !== 'valid') throw new Error(JSON.stringify(checked.faults));
  return checked;
}

describe('diffWit() of a small history', () => {
  const [first, second, third] = [
    subject('0.2.0', ''),
    subject('0.2.1', '  drop: func();\n'),
    subject('0.3.0', '  drop: func();\n'),
  ];

  it('finds what only adds compatible with callers, and a version that promises nothing breaking', () => {
    expect(witVerdict(diffWit(first, second), 'BACKWARD')).toMatchObject({ compatible: true });
    expect(witVerdict(diffWit(second, third), 'BACKWARD')).toMatchObject({ compatible: false });
  });
});

if (history !== undefined) {
  describe('diffWit() of WASI', () => {
    const CHAIN = [
      ['v0.2.0', 'v0.2.1', '.'],
      ['v0.2.1', 'v0.2.3', '.'],
      ['v0.2.3', 'v0.2.6', '.'],
      ['v0.2.6', 'v0.3.0-rc-2026-01-06', 'wit'],
    ] as const;
    for (const [from, to, part] of CHAIN) {
      it(`finds all packages of ${to} (${part}) compatible with ${from}`, () => {
        const newer = checkRelease(history, to, part);
        const older = checkRelease(history, from);
        expect([...older.keys()]).toEqual([...newer.keys()]);
        expect(older.size).toBe(7);
        for (const [name, was] of older) {
          const is = newer.get(name);
          if (is === undefined) throw new Error(`no ${name}`);
          const changes = diffWit(was, is);
          expect(witVerdict(changes, 'BACKWARD').breaking, name).toEqual([]);
          expect(witVerdict(changes, 'BACKWARD').level, name).not.toBe('major');
        }
      });
    }

    it('finds no package of 0.3.0-rc compatible with v0.2.6, and says more than the version', () => {
      const older = checkRelease(history, 'v0.2.6');
      const newer = checkRelease(history, 'v0.3.0-rc-2026-01-06', 'wit-0.3.0-draft');
      expect(newer.size).toBe(6);
      for (const [name, is] of newer) {
        const was = older.get(name);
        if (was === undefined) throw new Error(`no ${name}`);
        const changes = diffWit(was, is);
        for (const mode of ['BACKWARD', 'FORWARD', 'FULL'] as const) {
          expect(witVerdict(changes, mode).compatible, `${name} ${mode}`).toBe(false);
        }
        const rules = new Set(witVerdict(changes, 'BACKWARD').breaking.map(({ rule }) => rule));
        expect(rules.has('package-version-incompatible')).toBe(true);
        expect(rules.size).toBeGreaterThan(1);
      }
    });

    it('tells a new name of the same type as an addition and no break', () => {
      const older = checkRelease(history, 'v0.2.1').get('http');
      const newer = checkRelease(history, 'v0.2.3').get('http');
      if (older === undefined || newer === undefined) throw new Error('no http');
      const told = diffWit(older, newer)
        .filter(({ rule }) => rule !== 'docs-changed' && rule !== 'gate-changed')
        .map(({ rule, item }) => `${rule} ${item}`);
      expect(told[0]).toBe('type-added wasi:http/types#field-name');
      expect(told.slice(1).every((line) => line.startsWith('signature-respelled '))).toBe(true);
      expect(told).toHaveLength(8);
    });
  });
}

if (cases !== undefined) {
  describe('diffWit() of the cases of others', () => {
    const names = readdirSync(cases).filter((name) => !/\.(json|result)$|^parse-fail$/.test(name));
    it('finds no difference between a text and itself', () => {
      let count = 0;
      for (const name of names) {
        const resolution = resolveWit(readCase(cases, name), { features: ['active'] });
        // One case needs two packages that came in binary form.
        if (resolution.kind === 'refused') continue;
        for (const { id: packageId } of resolution.packages) {
          expect(diffWit({ packageId, resolution }, { packageId, resolution }), name).toEqual([]);
          count += 1;
        }
      }
      expect(count).toBeGreaterThan(30);
    });
  });
}
