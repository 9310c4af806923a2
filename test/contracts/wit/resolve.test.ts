import { describe, expect, it } from 'vitest';
import { resolveWit } from '#contracts/wit/resolve';

/** Shows every fault as `path:line:column rule`. Each argument is one package of one text; paths are `0`, `1`, ... */
function faultsOf(
  packages: readonly string[],
  features: readonly string[] = [],
): readonly string[] {
  const sources = packages.map((text, index) => [{ path: String(index), text }]);
  const got = resolveWit(sources, { features });
  if (got.kind === 'resolved') return [];
  return got.faults.map(({ path, line, column, rule }) => `${path}:${line}:${column} ${rule}`);
}

const P = 'package a:b@1.0.0;\n';

describe('resolveWit()', () => {
  it('resolves names across the files of a package, each with its own `use`s', () => {
    const got = resolveWit([
      [
        { path: 'x', text: 'package a:b; use two as one; interface i { use one.{t}; }' },
        { path: 'y', text: 'interface two { type t = u8; } interface one { type t = u16; }' },
      ],
    ]);
    if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
    const [pack] = got.packages;
    expect([...(pack?.interfaces.keys() ?? [])]).toEqual(['i', 'two', 'one']);
    expect(pack?.interfaces.get('i')?.types.get('t')?.shape).toEqual({
      kind: 'alias',
      type: { kind: 'type', key: 'a:b/two#t' },
    });
  });

  it('gives a resource its functions, a bare name of it being an owned handle', () => {
    const text = `${P}interface i { resource r { constructor(); m: func(a: r); s: static func(); } }`;
    const got = resolveWit([[{ path: '0', text }]]);
    if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
    const key = 'a:b/i@1.0.0#r';
    const functions = got.interfaces.get('a:b/i@1.0.0')?.functions;
    expect([...(functions?.keys() ?? [])]).toEqual([
      '[constructor]r',
      '[method]r.m',
      '[static]r.s',
    ]);
    expect(functions?.get('[constructor]r')?.result).toEqual({ kind: 'own', key });
    expect(functions?.get('[method]r.m')?.params).toEqual([
      { name: 'self', type: { kind: 'borrow', key } },
      { name: 'a', type: { kind: 'own', key } },
    ]);
  });

  it('imports into a world what its imports and exports use', () => {
    const text = `${P}interface a { type t = u8; } interface b { use a.{t}; } interface c { use b.{t}; }
      world w { export c; } world both { export a; export b; export c; }`;
    const got = resolveWit([[{ path: '0', text }]]);
    if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
    const worlds = got.packages[0]?.worlds;
    expect([...(worlds?.get('w')?.imports.keys() ?? [])]).toEqual(['a:b/b@1.0.0', 'a:b/a@1.0.0']);
    expect(worlds?.get('both')?.imports.size).toBe(0);
  });

  it('leaves out what is unstable until its feature is named', () => {
    const text = `${P}interface i { @unstable(feature = f) a: func(); b: func(); }`;
    const names = (features: readonly string[]) => {
      const got = resolveWit([[{ path: '0', text }]], { features });
      if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
      return [...(got.interfaces.get('a:b/i@1.0.0')?.functions.keys() ?? [])];
    };
    expect(names([])).toEqual(['b']);
    expect(names(['other'])).toEqual(['b']);
    expect(names(['f'])).toEqual(['a', 'b']);
  });

  it('renames what a world includes', () => {
    const text = `${P}world v { import a: func(); export a: func(); } world w { include v with { a as b } }`;
    const got = resolveWit([[{ path: '0', text }]]);
    if (got.kind !== 'resolved') throw new Error(JSON.stringify(got.faults));
    const world = got.packages[0]?.worlds.get('w');
    expect([[...(world?.imports.keys() ?? [])], [...(world?.exports.keys() ?? [])]]).toEqual([
      ['b'],
      ['b'],
    ]);
  });

  it.each([
    ['', '0:1:1 package'],
    ['interface i {}', '0:1:1 package'],
    ['package a:b; package c:d {} package c:d {}', '0:1:37 duplicate'],
    [`${P}interface i {} world i {}`, '0:2:22 duplicate'],
    [`${P}use i as j; interface i {} interface j {}`, '0:2:38 duplicate'],
    [`${P}use i; interface i {}`, '0:2:18 duplicate'],
    [`${P}use i as j; use i as j; interface i {}`, '0:2:22 duplicate'],
    [`${P}use none as j;`, '0:2:5 name'],
    [`${P}use x:y/z;`, '0:2:5 name'],
    [`${P}use x:y/z; interface i { use z.{t}; use z.{u}; }`, '0:2:5 name'],
    [`${P}interface i { use j.{t}; }`, '0:2:19 name'],
    [`${P}interface i { use j.{t}; } interface j {}`, '0:2:22 name'],
    [`${P}interface i { use w.{t}; } world w {}`, '0:2:19 name'],
    [`${P}interface i { use i.{t}; }`, '0:2:11 cycle'],
    [`${P}interface i { use j.{t}; } interface j { use i.{t}; }`, '0:2:38 cycle'],
    [`${P}world v { include w; } world w { include v; }`, '0:2:30 cycle'],
    [`${P}interface i { type t = none; }`, '0:2:24 name'],
    [`${P}interface i { f: func() -> none; }`, '0:2:28 name'],
    [`${P}interface i { type t = t; }`, '0:2:24 cycle'],
    [`${P}interface i { type z = a; type a = list<b>; record b { x: a } }`, '0:2:41 cycle'],
    [`${P}interface i { type t = u8; type t = u8; }`, '0:2:33 duplicate'],
    [`${P}interface i { type t = u8; t: func(); }`, '0:2:28 duplicate'],
    [`${P}interface i { record r { x: u8, x: u8 } }`, '0:2:33 duplicate'],
    [`${P}interface i { enum e { x, x } }`, '0:2:27 duplicate'],
    [`${P}interface i { f: func(x: u8, x: u8); }`, '0:2:30 duplicate'],
    [`${P}interface i { enum e {} }`, '0:2:20 empty'],
    [`${P}interface i { variant v {} }`, '0:2:23 empty'],
    [`${P}interface i { type t = u8; f: func(x: borrow<t>); }`, '0:2:46 handle'],
    [`${P}interface i { resource r; type t = own<r>; type u = own<t>; }`, '0:2:57 handle'],
    [`${P}interface i { resource r; type t = r; f: func() -> list<borrow<t>>; }`, '0:2:39 borrow'],
    [`${P}interface i { resource r { constructor() -> u8; } }`, '0:2:45 constructor'],
    [`${P}interface i { resource r { constructor() -> result<u8>; } }`, '0:2:52 constructor'],
    [`${P}interface i { resource r { constructor(); constructor(); } }`, '0:2:43 duplicate'],
    [`${P}interface i { resource r { a: func(); a: static func(); } }`, '0:2:39 duplicate'],
    [`${P}interface i { type m = map<f32, u8>; }`, '0:2:28 name'],
    [`${P}@since(version = 1.0.1) interface i {}`, '0:2:35 gate'],
    [`${P}@since(version = 2.0.0) world w {}`, '0:2:31 gate'],
    [`${P}@deprecated(version = 1.0.0) interface i {}`, '0:2:40 gate'],
    [`${P}@since(version = 1.0.0) @unstable(feature = f) interface i {}`, '0:2:58 gate'],
    [`${P}@unstable(feature = f) @unstable(feature = f) interface i {}`, '0:2:57 gate'],
    [`${P}interface i { @unstable(feature = f) type t = u8; a: func(x: t); }`, '0:2:51 gate'],
    [`${P}@unstable(feature = f) interface i { a: func(); }`, '0:2:38 gate'],
    [`${P}@unstable(feature = f) interface i {} world w { import i; }`, '0:2:56 gate'],
    [`${P}interface i {} world w { import i; import i; }`, '0:2:43 duplicate'],
    [`${P}world w { import a: func(); import a: interface {} }`, '0:2:36 duplicate'],
    [`${P}world w { type a = u8; import a: func(); }`, '0:2:31 duplicate'],
    [`${P}world v {} world w { import v; }`, '0:2:29 name'],
    [`${P}interface i {} world w { include i; }`, '0:2:34 name'],
    [`${P}world v {} world w { include v with { a as b } }`, '0:2:30 name'],
    [
      `${P}world v { import a: func(); } world w { import a: func(); include v; }`,
      '0:2:67 duplicate',
    ],
    [
      `${P}interface i { type t = u8; } interface j { use i.{t}; } interface k { use j.{t}; } world w { export i; export k; }`,
      '0:2:90 world',
    ],
  ])('refuses %j alone at %s', (text, fault) => {
    expect(faultsOf([text])).toEqual([fault]);
  });

  it('resolves other packages by name and version, and refuses those that are not given', () => {
    const root = 'package a:b; interface i { use c:d/j@1.2.0.{t}; }';
    expect(faultsOf(['package c:d@1.2.0; interface j { type t = u8; }', root])).toEqual([]);
    expect(faultsOf(['package c:d@1.2.1; interface j { type t = u8; }', root])).toEqual([
      '1:1:32 name',
    ]);
    expect(faultsOf(['package c:d@1.2.0; interface k {}', root])).toEqual(['1:1:36 name']);
    expect(faultsOf(['package c:d@1.2.0; interface j {}', root])).toEqual(['1:1:45 name']);
  });

  it('refuses packages that need each other, and one that stands there twice', () => {
    const one = 'package a:a; interface i { use b:b/i.{}; }';
    const two = 'package b:b; interface i { use a:a/i.{}; }';
    expect(faultsOf([one, two, 'package c:c; use a:a/i;'])).toEqual(['0:1:32 cycle']);
    expect(faultsOf(['package a:a;', 'package a:a;'])).toEqual(['1:1:9 duplicate']);
  });

  it('refuses a world of another package in a `use` of a file', () => {
    const other = 'package c:d; world w {}';
    expect(faultsOf([other, 'package a:b; use c:d/w;'])).toEqual(['1:1:22 name']);
  });

  it('tells several faults of one package, and none that merely follows from another', () => {
    const text = `${P}interface i {
  type a = none;
  type b = a;
  f: func(x: b) -> a;
  enum c {}
  g: func(x: c, y: nothing);
}
interface j { use i.{a}; h: func(x: gone); }`;
    expect(faultsOf([text])).toEqual(['0:3:12 name', '0:6:8 empty', '0:7:20 name', '0:9:37 name']);
  });

  it('takes a pre-release of a version for that version in gates', () => {
    expect(faultsOf(['package a:b@1.0.0-rc.1; @since(version = 1.0.0) interface i {}'])).toEqual(
      [],
    );
    expect(faultsOf(['package a:b@9.0.0; @since(version = 10.0.0) interface i {}'])).toEqual([
      '0:1:55 gate',
    ]);
  });

  it('resolves a chain of 10,000 aliases and one of 5,000 interfaces', () => {
    const aliases = Array.from({ length: 10_000 }, (_, n) => `type t${n + 1} = t${n};`);
    const text = `${P}interface i { ${aliases.reverse().join(' ')} type t0 = u8; }`;
    expect(faultsOf([text])).toEqual([]);
    const chain = Array.from({ length: 5000 }, (_, n) => `interface i${n + 1} { use i${n}.{t}; }`);
    const linked = `${P}interface i0 { type t = u8; } ${chain.join('\n')} world w { export i5000; }`;
    expect(faultsOf([linked])).toEqual([]);
  }, 10_000);

  it('refuses worlds that would take more steps than the maximum', () => {
    const chain = Array.from({ length: 5000 }, (_, n) => `interface i${n + 1} { use i${n}.{t}; }`);
    const worlds = Array.from({ length: 2000 }, (_, n) => `world w${n} { import i5000; }`);
    const text = `${P}interface i0 { type t = u8; } ${chain.join(' ')} ${worlds.join(' ')}`;
    expect(faultsOf([text])).toHaveLength(1);
    expect(faultsOf([text])[0]).toMatch(/limit$/);
  }, 10_000);

  it('refuses a world that includes or exports a large one over and over', () => {
    const names = Array.from({ length: 10_000 }, (_, n) => n);
    const large = `world v { ${names.map((n) => `import a${n}: func();`).join(' ')} }`;
    const includes = `world w { ${'include v; '.repeat(10_000)} }`;
    expect(faultsOf([`${P}${large} ${includes}`])).toEqual([expect.stringMatching(/limit$/)]);
    const types = `interface i { ${names.map((n) => `type t${n} = u8;`).join(' ')} }`;
    const exports = `world w { ${names.map((n) => `export e${n}: i;`).join(' ')} }`;
    expect(faultsOf([`${P}${types} ${exports}`])).toEqual([expect.stringMatching(/limit$/)]);
  }, 10_000);
});
