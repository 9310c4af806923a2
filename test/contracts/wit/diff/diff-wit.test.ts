import { describe, expect, it } from 'vitest';
import { diffWit } from '#contracts/wit/diff/diff-wit';
import { WIT_EXCERPT_LENGTH_MAX } from '#contracts/wit/diff/excerpt';
import { subject } from '#test/contracts/wit/diff/subject';
import { INTERFACE, inInterface, told, WORLD } from '#test/contracts/wit/diff/told';

describe('diffWit()', () => {
  it('tells interfaces and worlds that were added or removed', () => {
    const older = 'package a:b; interface i {} world v {}';
    const newer = 'package a:b; interface j {} world w {}';
    expect(told(older, newer)).toEqual([
      `interface-removed a:b/i -> ${INTERFACE}`,
      'interface-added a:b/j -> +',
      `world-removed world a:b/v -> ${WORLD}`,
      'world-added world a:b/w -> +',
    ]);
  });

  it('says what an interface means for the worlds that import or export it', () => {
    const text = (body: string, ports: string) =>
      `package a:b; interface i { ${body} } world w { ${ports} }`;
    const added = (ports: string) => told(text('', ports), text('f: func();', ports));
    const removed = (ports: string) => told(text('f: func();', ports), text('', ports));
    expect(added('')).toEqual(['function-added a:b/i#f -> exporter +']);
    expect(added('import i;')).toEqual(['function-added a:b/i#f -> exporter,host +']);
    expect(added('export i;')).toEqual(['function-added a:b/i#f -> exporter,component +']);
    expect(added('export x: i;')).toEqual(['function-added a:b/i#f -> exporter,component +']);
    expect(told(text('', ''), text('f: func();', 'import i;'))).toEqual([
      'function-added a:b/i#f -> exporter +',
      'import-added world a:b/w import a:b/i -> host +',
    ]);
    expect(removed('import i;')).toEqual(['function-removed a:b/i#f -> importer,component']);
    expect(removed('export i;')).toEqual(['function-removed a:b/i#f -> importer,host']);
  });

  it('tells documentation of the package, an interface and a world', () => {
    const older = 'package a:b; interface i {} world w {}';
    const newer = '/// p\n package a:b; /// i\n interface i {} /// w\n world w {}';
    expect(told(older, newer)).toEqual([
      'docs-changed a:b ->',
      'docs-changed a:b/i ->',
      'docs-changed world a:b/w ->',
    ]);
  });

  it('takes no note of a version that the newer text can stand in for', () => {
    const at = (version: string) =>
      `package a:b@${version}; interface i { resource r; f: func(a: r); } world w { import i; export x: interface { use i.{r}; g: func(a: r); } }`;
    for (const [older, newer] of [
      ['1.2.3', '1.3.0'],
      ['0.2.0', '0.2.6'],
      ['1.0.0', '1.0.0+build'],
    ] as const) {
      expect(told(at(older), at(newer)), newer).toEqual([]);
    }
    const all = 'package-version-incompatible a:b -> importer,exporter,component,host';
    for (const [older, newer] of [
      ['1.2.3', '2.0.0'],
      ['0.2.6', '0.3.0'],
      ['0.0.1', '0.0.2'],
      ['1.0.0-rc.1', '1.0.0'],
    ] as const) {
      expect(told(at(older), at(newer)), newer).toEqual([all]);
    }
    expect(told('package a:b;', 'package a:b@1.0.0;')).toEqual([all]);
  });

  it('tells another name of the package', () => {
    const got = told('package a:b; interface i {}', 'package a:c; interface i {}');
    expect(got).toEqual(['package-renamed a:c -> importer,exporter,component,host']);
  });

  it('tells what a dependency changes only where the own package shows it', () => {
    const dependency = (version: string, type: string) =>
      `package d:d@${version}; interface t { type t = ${type}; type other = ${type}; g: func(); }`;
    const own = (version: string) =>
      `package a:b; interface i { use d:d/t@${version}.{t}; f: func(a: t); h: func(); }`;
    const between = (...types: readonly [string, string]) =>
      told(own('1.0.0'), own('1.1.0'), [
        [dependency('1.0.0', types[0])],
        [dependency('1.1.0', types[1])],
      ]);
    expect(between('u8', 'u8')).toEqual([]);
    expect(between('u8', 'u16')).toEqual([`type-changed a:b/i#t -> ${INTERFACE}`]);
    const without = 'package a:b; interface i { h: func(); }';
    expect(told(without, without, [[dependency('1.0.0', 'u8')], []])).toEqual([]);
  });

  it('takes a resource of an incompatible version for another one', () => {
    const dependency = (version: string) => `package d:d@${version}; interface t { resource r; }`;
    const own = (version: string) =>
      `package a:b; interface i { use d:d/t@${version}.{r}; f: func(a: r); }`;
    const to = (version: string) =>
      told(own('1.0.0'), own(version), [[dependency('1.0.0')], [dependency(version)]]);
    expect(to('1.5.0')).toEqual([]);
    expect(to('2.0.0')).toEqual([`type-changed a:b/i#r -> ${INTERFACE}`]);
  });

  it('tells of interfaces of other packages in a world whether they have more, less or other things', () => {
    const dependency = (version: string, body: string) =>
      `package d:d@${version}; interface t { ${body} }`;
    const own = (version: string) =>
      `package a:b; world w { import d:d/t@${version}; export d:d/t@${version}; }`;
    const between = (older: string, newer: string) =>
      told(own('1.0.0'), own('1.1.0'), [
        [dependency('1.0.0', older)],
        [dependency('1.1.0', newer)],
      ]);
    const item = (side: string) => `${side}-changed world a:b/w ${side} d:d/t`;
    expect(between('f: func();', '/// d\n f: func();')).toEqual([]);
    expect(between('', 'type t = u8;')).toEqual([]);
    expect(between('', 'f: func();')).toEqual([
      `${item('import')} -> host +`,
      `${item('export')} -> component +`,
    ]);
    expect(between('f: func();', '')).toEqual([
      `${item('import')} -> component`,
      `${item('export')} -> host`,
    ]);
    for (const [older, newer] of [
      ['f: func();', 'f: func(a: u8);'],
      ['f: func();', 'f: async func();'],
      ['f: func(a: u8);', 'f: func(b: u8);'],
      ['type t = u8;', 'type t = u16;'],
      ['type t = u8;', ''],
    ] as const) {
      expect(between(older, newer)).toEqual([
        `${item('import')} -> ${WORLD}`,
        `${item('export')} -> ${WORLD}`,
      ]);
    }
  });

  it('tells interfaces of other packages apart', () => {
    const dependency = (one: string, two: string) =>
      `package d:d; interface one { ${one} } interface two { ${two} } interface three {}`;
    const own = 'package a:b; world w { import d:d/one; import d:d/two; import d:d/three; }';
    const f = 'f: func();';
    expect(told(own, own, [[dependency('', f)], [dependency(f, '')]])).toEqual([
      'import-changed world a:b/w import d:d/one -> host +',
      'import-changed world a:b/w import d:d/two -> component',
    ]);
  });

  it('tells an interface in place once, in the world that defines it', () => {
    const text = (body: string) =>
      `package a:b; world v { import x: interface { ${body} } } world w { include v; }`;
    expect(told(text(''), text('f: func();'))).toEqual([
      'function-added world a:b/v import x#f -> host +',
    ]);
  });

  it('shows the item before and after as WIT', () => {
    const shown = (older: string, newer: string) =>
      diffWit(subject(inInterface(older)), subject(inInterface(newer))).map(
        ({ before, after, message }) => [before, after, message],
      );
    expect(shown('record r { a: u8 }', 'record r { a: list<string> }')).toEqual([
      ['a: u8', 'a: list<string>', 'The field "a" has another type in type "r" of interface "i"'],
    ]);
    expect(shown('resource r { m: async func(%use: u8) -> result; }', 'resource r;')).toEqual([
      [
        'm: async func(%use: u8) -> result;',
        undefined,
        'The function "r.m" was removed from interface "i"',
      ],
    ]);
    expect(shown('', 'variant %type { a(u8), b }')).toEqual([
      [undefined, 'variant %type { a(u8), b }', 'The type "type" was added to interface "i"'],
    ]);
    const gates = '@since(version = 1.0.0) @deprecated(version = 1.0.0)';
    expect(shown('f: func();', `${gates} f: func();`)).toEqual([
      [undefined, gates, 'The function "f" is deprecated since 1.0.0'],
    ]);
  });

  it('cuts what it shows of a long item', () => {
    const fields = Array.from({ length: 1000 }, (_, index) => `x${index}: u8`).join();
    const [change] = diffWit(
      subject(inInterface('')),
      subject(inInterface(`record r { ${fields} }`)),
    );
    expect(change?.after).toHaveLength(WIT_EXCERPT_LENGTH_MAX);
    expect(change?.after?.endsWith('…')).toBe(true);
  });

  it('refuses a package that is not in its resolution', () => {
    const valid = subject('package a:b;');
    expect(() => diffWit(valid, { ...valid, packageId: 'x:y' })).toThrow(
      /Cannot compare WIT package "x:y"/,
    );
  });

  it('compares types that stand in chains of thousands, or hold each other twice thousands deep', () => {
    const chain = Array.from({ length: 12_000 }, (_, index) => `type t${index + 1} = t${index};`);
    const pairs = Array.from(
      { length: 2000 },
      (_, index) => `record p${index + 1} { a: p${index}, b: p${index} }`,
    );
    const text = (type: string) =>
      inInterface(`type t0 = ${type}; ${chain.join('')} record p0 { a: t12000 } ${pairs.join('')}`);
    expect(told(text('u8'), text('u8'))).toEqual([]);
    expect(told(text('u8'), text('u16'))).toEqual([`type-changed a:b/i#t0 -> ${INTERFACE}`]);
  });
});
