import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseWit } from '#contracts/wit/parse';
import { printWit } from '#contracts/wit/print';
import { resolveWit, type WitSource } from '#contracts/wit/resolve';
import { fixtureFolder, readCase, witFiles } from '#test/contracts/wit/fixtures';
import { tellJson } from '#test/contracts/wit/oracle-json';
import { tellResolution } from '#test/contracts/wit/told-resolution';
import { withoutPlaces } from '#test/contracts/wit/without-places';

const accepted = fixtureFolder('wit-parser-ui');
const refused = fixtureFolder('wit-parser-ui/parse-fail');
const history = fixtureFolder('wasi-history');

/** Lists the cases of a folder by what they are answered with. A case whose text is not there has no `source`. */
function casesOf(folder: string | undefined, end: string) {
  if (folder === undefined) return [];
  const answers = readdirSync(folder).filter((name) => name.endsWith(end));
  return answers.map((answer) => {
    const stem = answer.slice(0, -end.length);
    const source = [stem, `${stem}.wit`].find((name) => existsSync(join(folder, name)));
    return { stem, source, answer: readFileSync(join(folder, answer), 'utf8') };
  });
}

/** This case has two dependencies in binary form, which is not WIT: their text stands here. */
const BINARY: Readonly<Record<string, readonly (readonly WitSource[])[]>> = {
  'kinds-of-deps': ['d', 'e'].map((name) => [
    { path: name, text: `package ${name}:${name}; interface ${name} {}` },
  ]),
};

describe('WIT that others made', () => {
  it('resolveWit() tells of a small case what the comparison with JSON tells', () => {
    const text = 'package a:b@1.0.0; interface i { /// d\n type t = list<u8>; f: func() -> t; }';
    const got = resolveWit([[{ path: 'a.wit', text }]]);
    if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
    const dump = {
      worlds: [],
      interfaces: [
        {
          name: 'i',
          types: { t: 0 },
          functions: { f: { name: 'f', kind: 'freestanding', params: [], result: 0 } },
          package: 0,
        },
      ],
      types: [
        { name: 't', kind: { list: 'u8' }, owner: { interface: 0 }, docs: { contents: 'd' } },
      ],
      packages: [{ name: 'a:b@1.0.0', interfaces: { i: 0 }, worlds: {} }],
    };
    expect(tellResolution(got)).toEqual(tellJson(JSON.stringify(dump)));
    expect(tellResolution(got)).not.toEqual(tellJson(JSON.stringify(dump).replace('u8', 'u16')));
  });

  for (const { stem, source, answer } of casesOf(accepted, '.wit.json')) {
    it(`resolveWit() resolves "${stem}" to what its JSON says`, () => {
      if (source === undefined || accepted === undefined) throw new Error(`no text of ${stem}`);
      const packages = [...(BINARY[stem] ?? []), ...readCase(accepted, source)];
      const got = resolveWit(packages, { features: ['active'] });
      if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
      expect(tellResolution(got)).toEqual(tellJson(answer));
    });
  }

  for (const { stem, source, answer } of casesOf(refused, '.wit.result')) {
    // One case came with its answer alone.
    if (source === undefined) continue;
    it(`resolveWit() refuses "${stem}", first where its answer says`, () => {
      const got = resolveWit(readCase(refused ?? '', source), { features: ['active'] });
      if (got.kind !== 'refused') throw new Error(`accepted ${stem}`);
      const [first] = got.faults;
      const want = /parse-fail\/([^:\n]*?\.wit):(\d+):(\d+)/.exec(answer);
      if (want === null) expect(first?.rule).toBe('package');
      else expect([first?.path, String(first?.line), String(first?.column)]).toEqual(want.slice(1));
    });
  }

  const files = [accepted, history].flatMap((folder) =>
    folder === undefined ? [] : witFiles(folder).filter((path) => !path.includes('parse-fail')),
  );
  for (const path of files) {
    it(`parseWit() and printWit() keep all of ${path.split('/').slice(-3).join('/')}`, () => {
      const text = readFileSync(path, 'utf8');
      const parsed = parseWit(text);
      if (parsed.kind !== 'parsed') throw new Error(JSON.stringify(parsed.faults));
      const printed = printWit(parsed.file);
      const again = parseWit(printed);
      if (again.kind !== 'parsed') throw new Error(JSON.stringify(again.faults));
      expect(withoutPlaces(again.file)).toEqual(withoutPlaces(parsed.file));
      expect(printWit(again.file)).toBe(printed);
    });
  }

  for (const release of history === undefined ? [] : readdirSync(history)) {
    const root = join(history ?? '', release);
    const parts = ['wit', 'wit-0.3.0-draft'].filter((part) => existsSync(join(root, 'cli', part)));
    for (const part of parts.length === 0 ? ['.'] : parts) {
      it(`resolveWit() resolves all packages of WASI ${release} together (${part})`, () => {
        const packages = readdirSync(root)
          .map((name) => join(name, part))
          .filter((name) => existsSync(join(root, name)))
          .flatMap((name) => readCase(root, name));
        const got = resolveWit(packages);
        if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
        expect(got.packages).toHaveLength(packages.length);
        expect(packages.length).toBeGreaterThan(5);
        expect(got.interfaces.size).toBeGreaterThan(20);
      });
    }
  }
});
