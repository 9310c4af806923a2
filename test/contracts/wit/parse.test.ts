import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIT_DEPTH_MAX, WIT_FAULTS_MAX } from '#contracts/wit/cursor';
import { parseWit, WIT_TEXT_LENGTH_MAX } from '#contracts/wit/parse';
import { resolveWit } from '#contracts/wit/resolve';
import { WIT_KEYWORDS } from '#contracts/wit/tokens';

/** Shows every fault as `line:column rule`. */
function faultsOf(text: string): readonly string[] {
  const parsed = parseWit(text);
  if (parsed.kind === 'parsed') return [];
  return parsed.faults.map(({ line, column, rule }) => `${line}:${column} ${rule}`);
}

const VALID = `package a:b@1.0.0;
use c:d/e@0.1.0 as f;
@since(version = 1.0.0)
interface i {
  use f.{t as u};
  record r { x: u, y: tuple<u8, option<string>> }
  resource file {
    constructor(path: string) -> result<file>;
    read: async func(n: u32) -> list<u8, 4>;
    open: static func() -> result<_, string>;
  }
  f: func(a: borrow<file>, m: map<string, u8>) -> stream<u8>;
}
world w {
  include c:d/w with { a as b }
  import f;
  import x: f;
  export y: interface { g: async func(); }
  @unstable(feature = z)
  export h: func() -> future;
}
package n:m { interface j { enum e { a, b } flags g {} variant v { a(u8), b } } }
`;

describe('parseWit()', () => {
  it('keeps names, gates, kinds and documentation', () => {
    const parsed = parseWit(
      'package a:b@1.0.0;\n/// Says.\n@since(version = 1.0.0)\ninterface i { f: async func(); }',
    );
    expect(parsed).toMatchObject({
      kind: 'parsed',
      file: {
        head: { name: { namespace: { text: 'a' }, name: { text: 'b' }, version: '1.0.0' } },
        items: [
          {
            kind: 'interface',
            docs: 'Says.',
            gates: [{ kind: 'since', version: '1.0.0' }],
            name: { text: 'i', at: { line: 4, column: 11 } },
            items: [{ kind: 'function', signature: { async: true, params: [] } }],
          },
        ],
      },
    });
  });

  it('reads every construct without a fault', () => {
    expect(faultsOf(VALID)).toEqual([]);
  });

  it.each([
    ['interface x {\na: async() }', '2:9 syntax'],
    ['interface x { type a = list<u32,>; }', '1:33 syntax'],
    ['interface x { type a = list<u32, 0>; }', '1:34 syntax'],
    ['interface x { type a = list<u32, 4294967296>; }', '1:34 syntax'],
    ['interface x { type option = u32; }', '1:20 syntax'],
    ['interface x { type a = borrow<u8>; }', '1:31 syntax'],
    ['interface x { resource r { async constructor(); } }', '1:28 syntax'],
    ['interface x { a: func() -> (); }', '1:28 syntax'],
    ['interface aB {}', '1:11 lexical'],
    ['@since\ninterface x {}', '2:1 syntax'],
    ['@since(version = 1.0)\ninterface x {}', '1:18 syntax'],
    ['package a:b@01.0.0;', '1:13 version'],
    ['package a:b@1.0.0-01;', '1:13 version'],
    ['interface x {} package a:b;', '1:27 syntax'],
    ['package a:b; package c:d { package e:f {} }', '1:28 syntax'],
    ['world w { import a:b; }', '1:21 syntax'],
    ['world w { f: func(); }', '1:11 syntax'],
    ['interface x { import a; }', '1:15 syntax'],
    ['interface x {', '1:14 syntax'],
    ['}', '1:1 syntax'],
    ['interface x { /* ', '1:15 lexical'],
  ])('refuses %j, first at %s', (text, first) => {
    expect(faultsOf(text)[0]).toBe(first);
  });

  it('goes on at the next item, so that each of several faults is told once', () => {
    const text = `package a:b;
interface i {
  type a = ;
  type b = u8;
  record c { x: }
  f: func(;
  type d = u8
  type e = u16;
}
interface 1 {}
world w { import x: func() }
interface ok {}
`;
    expect(faultsOf(text)).toEqual([
      '3:12 syntax',
      '5:17 syntax',
      '6:11 syntax',
      '8:3 syntax',
      '10:11 syntax',
      '11:28 syntax',
    ]);
  });

  it('tells what stands there and what should', () => {
    const parsed = parseWit('interface x { type a = func; }');
    if (parsed.kind === 'parsed') throw new Error('accepted');
    expect(parsed.faults[0]?.message).toBe('Cannot read token "func": is a keyword (want a type)');
  });

  it('reads types as deep as the maximum and refuses one more', () => {
    const nested = (depth: number) =>
      `interface x { type a = ${'list<'.repeat(depth - 1)}u8${'>'.repeat(depth - 1)}; }`;
    expect(faultsOf(nested(WIT_DEPTH_MAX))).toEqual([]);
    expect(faultsOf(nested(WIT_DEPTH_MAX + 1))[0]).toMatch(/limit$/);
  });

  it('tells no more faults than the maximum', () => {
    expect(faultsOf('interface x { type = ; }\n'.repeat(500))).toHaveLength(WIT_FAULTS_MAX);
  });

  it('refuses a text over the maximum without reading it', () => {
    expect(faultsOf('x'.repeat(WIT_TEXT_LENGTH_MAX + 1))).toEqual(['1:1 limit']);
  });

  it.each([
    ['block comments', '/*', 500_000],
    ['closed block comments', '/**/', 250_000],
    ['angle brackets', 'interface x { type a = list<', 37_000],
    ['deep angle brackets', 'list<', 200_000],
    ['braces', '{', 1_000_000],
    ['closing braces', '}', 1_000_000],
    ['gates', '@since(version = 1.0.0)', 45_000],
    ['open gates', '@', 1_000_000],
    ['documentation', '///\n', 250_000],
    ['blank lines in one comment', '\n', 1_000_000],
    ['words of one name', 'a-1', 340_000],
    ['labels of one version', '1.0.0-a.a', 110_000],
    ['percent signs', '%', 1_000_000],
    ['records', 'record r{a:u8}', 70_000],
    ['records without an end', 'record r{', 100_000],
  ])(
    'ends on a megabyte of %s',
    (_, piece, count) => {
      const body = piece.repeat(count);
      for (const text of [body, `interface x { ${body}`, `/*${body}*/ package a:b@1.0.0-${body}`]) {
        if (text.length > WIT_TEXT_LENGTH_MAX) continue;
        const parsed = parseWit(text);
        expect(parsed.kind === 'parsed' || parsed.faults.length > 0).toBe(true);
      }
    },
    10_000,
  );

  const words = [
    ...WIT_KEYWORDS,
    ...'{ } ( ) < > , ; : . @ -> = / /* */ // a b %c 1 1.0.0'.split(' '),
  ];
  const soup = fc
    .array(fc.constantFrom(...words, '\n', 'since', 'version'), { maxLength: 200 })
    .map((list) => list.join(' '));
  const mutated = fc
    .tuple(fc.nat(VALID.length), fc.nat(20), fc.string({ maxLength: 10 }))
    .map(([at, count, put]) => VALID.slice(0, at) + put + VALID.slice(at + count));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((list) => Buffer.from(list).toString());

  it.each([
    ['random bytes', bytes],
    ['tokens in any order', soup],
    ['tokens in an interface', soup.map((text) => `package a:b; interface i { ${text}`)],
    ['tokens in a world', soup.map((text) => `package a:b; world w { ${text}`)],
    ['a valid text changed anywhere', mutated],
    ['any string', fc.string({ unit: 'binary', maxLength: 200 })],
  ])('answers and never throws on %s, and so does resolveWit()', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseWit(text);
        const places = parsed.kind === 'parsed' ? [] : parsed.faults;
        for (const { line, column } of places) {
          expect(Array.from(text.split('\n')[line - 1] ?? '').length + 2).toBeGreaterThan(column);
        }
        const resolved = resolveWit([[{ path: 'a.wit', text }]], { features: ['z'] });
        if (parsed.kind === 'refused') expect(resolved.kind).toBe('refused');
      }),
      { numRuns: 300 },
    );
  });
});
