import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  checkWit,
  WIT_DEPENDENCIES_LENGTH_MAX,
  WIT_DEPENDENCIES_MAX,
  WIT_FILES_MAX,
  WIT_NAME_LENGTH_MAX,
  WIT_PACKAGE_LENGTH_MAX,
} from '#contracts/wit/check-wit';
import { resolveWit, type WitSource } from '#contracts/wit/resolve';
import { fixtureFolder, readCase } from '#test/contracts/wit/fixtures';
import { tellResolution } from '#test/contracts/wit/told-resolution';

const cases = fixtureFolder('wit-parser-ui');

/** Makes files out of texts; their paths are `0`, `1`, ... */
function filesOf(...texts: readonly string[]): readonly WitSource[] {
  return texts.map((text, index) => ({ path: String(index), text }));
}

function valid(...args: Parameters<typeof checkWit>) {
  const checked = checkWit(...args);
  if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.faults));
  return checked;
}

function faults(...args: Parameters<typeof checkWit>): readonly string[] {
  const checked = checkWit(...args);
  if (checked.kind === 'valid') return [];
  return checked.faults.map(({ path, line, column, rule }) => `${path}:${line}:${column} ${rule}`);
}

describe('checkWit()', () => {
  it('gives the id of the package and its one canonical text', () => {
    const { packageId, canonical, resolution } = valid(
      filesOf('package a:b@1.0.0; interface i{f:func();}', 'world w{import i;}'),
    );
    expect(packageId).toBe('a:b@1.0.0');
    expect(canonical).toBe(
      'package a:b@1.0.0;\n\ninterface i {\n  f: func();\n}\n\nworld w {\n  import i;\n}\n',
    );
    expect([...resolution.interfaces.keys()]).toEqual(['a:b/i@1.0.0']);
  });

  it('gives the same canonical text whatever the order of the files, spaces and plain comments', () => {
    const one = { path: 'one.wit', text: 'package a:b; interface i { f: func(); }' };
    const two = { path: 'two.wit', text: 'interface j { type t = u8; }' };
    const spaced = { path: 'two.wit', text: '\n// plain\n\ninterface  j{type t=u8 ; } // end' };
    const { canonical } = valid([one, two]);
    expect(valid([two, one]).canonical).toBe(canonical);
    expect(valid([one, spaced]).canonical.replace('/// plain\n', '')).toBe(canonical);
    expect(valid([{ path: 'x', text: canonical }]).canonical).toBe(canonical);
  });

  it('keeps apart what each file uses under the same name', () => {
    const dependencies = filesOf(
      'package d:d; interface x { type t = u8; } interface y { type t = u16; }',
    );
    const files = filesOf(
      'package a:b; use d:d/x as n; interface i { use n.{t}; } world v { import n; }',
      'use d:d/y as n; interface j { use n.{t}; } world w { import k: n; export z: interface { use n.{t}; } }',
      'use i as n; interface k { use n.{t as u}; }',
    );
    const { canonical, resolution, packageId } = valid(files, { dependencies });
    expect(canonical).not.toContain(' as n;');
    const again = valid([{ path: 'x', text: canonical }], { dependencies });
    expect(tellResolution(again.resolution)).toEqual(tellResolution(resolution));
    expect(packageId).toBe('a:b');
  });

  it('joins the documentation that files give the package', () => {
    const { canonical } = valid(filesOf('/// one\npackage a:b;', '/// two\npackage a:b;'));
    expect(canonical).toBe('/// one\n///\n/// two\npackage a:b;\n');
  });

  it('takes a canonical text as a dependency of others', () => {
    const base = valid(filesOf('package d:d@1.0.0; interface t { type t = u8; }'));
    const text = 'package a:b; interface i { use d:d/t@1.0.0.{t}; }';
    const dependencies = [{ path: base.packageId, text: base.canonical }];
    expect(valid(filesOf(text), { dependencies }).resolution.packages).toHaveLength(2);
    expect(faults(filesOf(text))).toEqual(['0:1:32 name']);
  });

  it('takes packages nested in the files as dependencies', () => {
    const text =
      'package a:b; package n:n { interface t { type t = u8; } } interface i { use n:n/t.{t}; }';
    const checked = valid(filesOf(text));
    expect(checked.packageId).toBe('a:b');
    expect(valid([{ path: 'x', text: checked.canonical }]).canonical).toBe(checked.canonical);
  });

  it('leaves out what is unstable until its feature is named, and keeps it in the canonical text', () => {
    const files = filesOf('package a:b; interface i { @unstable(feature = x) f: func(); }');
    const names = (features: readonly string[]) =>
      [...valid(files, { features }).resolution.interfaces.values()].map(
        ({ functions }) => functions.size,
      );
    expect([names([]), names(['x'])]).toEqual([[0], [1]]);
    expect(valid(files).canonical).toContain('@unstable(feature = x)');
  });

  it('refuses texts that are wrong, with the file and place of every fault', () => {
    expect(faults(filesOf('package a:b; interface i { f: }', 'interface {}'))).toEqual([
      '0:1:31 syntax',
      '1:1:11 syntax',
    ]);
    expect(faults(filesOf('package a:b;', 'package a:c;'))).toEqual(['1:1:9 package']);
    expect(faults(filesOf('interface i {}'))).toEqual(['0:1:1 package']);
    expect(faults([])).toEqual([':1:1 package']);
  });

  it('refuses two files with the same path', () => {
    const file = { path: 'a.wit', text: 'package a:b;' };
    expect(faults([file, file])).toEqual(['a.wit:1:1 duplicate']);
  });

  it('refuses too many files, and takes as many as it says', () => {
    const texts = Array.from({ length: WIT_FILES_MAX }, () => 'package a:b;');
    expect(faults(filesOf(...texts))).toEqual([]);
    expect(faults(filesOf(...texts, 'package a:b;'))).toEqual([':1:1 limit']);
  });

  it('refuses too much text, in one file or in all of them', () => {
    const padded = (length: number) => 'package a:b;'.padEnd(length);
    const half = WIT_PACKAGE_LENGTH_MAX / 2;
    expect(faults(filesOf(padded(half), padded(half)))).toEqual([]);
    expect(faults(filesOf(padded(half), padded(half + 1)))).toEqual([':1:1 limit']);
    expect(faults(filesOf(padded(WIT_PACKAGE_LENGTH_MAX + 1)))).toEqual([':1:1 limit']);
  });

  it('refuses text whose canonical form is too long to be read again', () => {
    const labels = Array.from({ length: 100_000 }, (_, index) => `e${index}x`).join();
    expect(faults(filesOf(`package a:b; interface i { enum e {${labels}} }`))).toEqual([
      ':1:1 limit',
    ]);
  });

  it('refuses too many dependencies, and too much text of them', () => {
    const dependency = (index: number, length = 0) => `package d:d${index};`.padEnd(length);
    const many = Array.from({ length: WIT_DEPENDENCIES_MAX + 1 }, (_, index) => dependency(index));
    const own = filesOf('package a:b;');
    expect(faults(own, { dependencies: filesOf(...many.slice(1)) })).toEqual([]);
    expect(faults(own, { dependencies: filesOf(...many) })).toEqual([':1:1 limit']);
    const fifth = WIT_DEPENDENCIES_LENGTH_MAX / 5;
    const long = [0, 1, 2, 3, 4].map((index) => dependency(index, fifth + 1));
    expect(faults(own, { dependencies: filesOf(...long) })).toEqual([':1:1 limit']);
  });

  it('refuses a name that is too long wherever it would become part of other names', () => {
    const long = 'n'.repeat(WIT_NAME_LENGTH_MAX + 1);
    const fits = long.slice(1);
    const texts = (name: string) => [
      `package a:${name.slice(2)};`,
      `package a:b; package a:${name.slice(2)} {}`,
      `package a:b; interface ${name} {}`,
      `package a:b; world ${name} {}`,
      `package a:b; interface i { resource ${name} { m: func(); } }`,
      `package a:b; interface i { ${name}: func(); }`,
      `package a:b; interface i { type t = u8; } interface j { use i.{t as ${name}}; }`,
      `package a:b; world w { import ${name}: interface { f: func(); } }`,
      `package a:b; world w { export x: interface { type ${name} = u8; } }`,
      `package a:b; world v { import f: func(); } world w { include v with { f as ${name} } }`,
    ];
    for (const text of texts(fits)) expect(faults(filesOf(text)), text.slice(0, 40)).toEqual([]);
    for (const text of texts(long)) {
      expect(faults(filesOf(text)), text.slice(0, 40)).toEqual([
        expect.stringMatching(/^0:1:\d+ limit$/),
      ]);
    }
  });

  it('refuses a dependency that is the package itself, or stands there twice', () => {
    const own = filesOf('package a:b;');
    expect(faults(own, { dependencies: [{ path: 'd', text: 'package a:b;' }] })).toHaveLength(1);
    const twice = ['d', 'e'].map((path) => ({ path, text: 'package d:d;' }));
    expect(faults(own, { dependencies: twice })).toEqual(['e:1:9 duplicate']);
  });
});

if (cases !== undefined) {
  const names = readdirSync(cases).filter((name) => !/\.(json|result)$|^parse-fail$/.test(name));
  describe('checkWit() of the cases of others', () => {
    it('gives a text that means the same as the files', () => {
      let count = 0;
      for (const name of names) {
        const packages = readCase(cases, name);
        const own = packages.at(-1) ?? [];
        // Dependencies of several files are not one text.
        if (packages.some((files) => files.length !== 1 && files !== own)) continue;
        const dependencies = packages.slice(0, -1).flat();
        const checked = checkWit(own, { dependencies, features: ['active'] });
        if (checked.kind === 'refused') continue;
        const text = { path: 'x', text: checked.canonical };
        const again = resolveWit([...dependencies.map((one) => [one]), [text]], {
          features: ['active'],
        });
        if (again.kind === 'refused') throw new Error(JSON.stringify([name, again.faults]));
        expect(tellResolution(again), name).toEqual(tellResolution(checked.resolution));
        count += 1;
      }
      expect(count).toBeGreaterThan(25);
    });
  });
}
