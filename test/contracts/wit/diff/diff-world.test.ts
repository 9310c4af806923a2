import { describe, expect, it } from 'vitest';
import { type DiffCase, told, WORLD } from '#test/contracts/wit/diff/told';

const inWorld = (body: string) =>
  `package a:b@1.0.0; interface i { f: func(); } interface j { f: func(); } world w { ${body} }`;

const PORTS: readonly DiffCase[] = [
  {
    name: 'an import that was added, which an older host lacks',
    older: '',
    newer: 'import i; import f: func();',
    want: [
      'import-added world a:b/w import a:b/i -> host +',
      'import-added world a:b/w import f -> host +',
    ],
  },
  {
    name: 'an import that was removed, which an older component needs',
    older: 'import i; import f: func();',
    newer: '',
    want: [
      'import-removed world a:b/w import a:b/i -> component',
      'import-removed world a:b/w import f -> component',
    ],
  },
  {
    name: 'an export that was added, which an older component lacks',
    older: '',
    newer: 'export i;',
    want: ['export-added world a:b/w export a:b/i -> component +'],
  },
  {
    name: 'an export that was removed, which an older host calls',
    older: 'export i;',
    newer: '',
    want: ['export-removed world a:b/w export a:b/i -> host'],
  },
  {
    name: 'an import that is an export now',
    older: 'import i;',
    newer: 'export i;',
    want: [
      'import-removed world a:b/w import a:b/i -> component',
      'export-added world a:b/w export a:b/i -> component +',
    ],
  },
  {
    name: 'another interface under the same name',
    older: 'import x: i; export x: i;',
    newer: 'import x: j; export x: j;',
    want: [
      `import-changed world a:b/w import x -> ${WORLD}`,
      `export-changed world a:b/w export x -> ${WORLD}`,
    ],
  },
  {
    name: 'a function where an interface was',
    older: 'import x: i;',
    newer: 'import x: func();',
    want: [`import-changed world a:b/w import x -> ${WORLD}`],
  },
  {
    name: 'a function that the world itself imports or exports with another signature',
    older: 'import f: func(); export g: func(a: u8);',
    newer: 'import f: func() -> u8; export g: func(a: s8);',
    want: [
      `result-changed world a:b/w import f -> ${WORLD}`,
      `param-type-changed world a:b/w export g -> ${WORLD}`,
    ],
  },
  {
    name: 'functions of an interface in place, by the side of the world it stands on',
    older: 'import x: interface { f: func(); } export x: interface { f: func(); }',
    newer: 'import x: interface { g: func(); } export x: interface { g: func(); }',
    want: [
      'function-removed world a:b/w import x#f -> component',
      'function-added world a:b/w import x#g -> host +',
      'function-removed world a:b/w export x#f -> host',
      'function-added world a:b/w export x#g -> component +',
    ],
  },
  {
    name: 'types of the world itself, once and not at their users',
    older: 'type t = u8; type gone = u8; import f: func(a: t);',
    newer: 'type t = u16; type more = u8; import f: func(a: t);',
    want: [
      `type-removed world a:b/w import gone -> ${WORLD}`,
      'type-added world a:b/w import more -> +',
      `type-changed world a:b/w import t -> ${WORLD}`,
    ],
  },
  {
    name: 'gates and documentation of imports, as no break',
    older: 'import i; import f: func();',
    newer: '@since(version = 1.0.0) import i; /// d\n import f: func();',
    want: ['gate-changed world a:b/w import a:b/i ->', 'docs-changed world a:b/w import f ->'],
  },
];

describe('diffWit() of a world', () => {
  for (const { name, older, newer, want } of PORTS) {
    it(`tells ${name}`, () => {
      expect(told(inWorld(older), inWorld(newer))).toEqual(want);
    });
  }
});
