import { describe, expect, it } from 'vitest';
import { type DiffCase, INTERFACE, inInterface, told } from '#test/contracts/wit/diff/told';

const ITEMS: readonly DiffCase[] = [
  {
    name: 'a function that was added, which an older exporter lacks',
    older: '',
    newer: 'f: func();',
    want: ['function-added a:b/i#f -> exporter +'],
  },
  {
    name: 'a function that was removed, which an older importer calls',
    older: 'f: func();',
    newer: '',
    want: ['function-removed a:b/i#f -> importer'],
  },
  {
    name: 'a method that was added',
    older: 'resource r;',
    newer: 'resource r { m: func(); }',
    want: ['function-added a:b/i#r.m -> exporter +'],
  },
  {
    name: 'a constructor and a static function that were removed',
    older: 'resource r { constructor(); s: static func(); }',
    newer: 'resource r;',
    want: [
      'function-removed a:b/i#r.constructor -> importer',
      'function-removed a:b/i#r.s -> importer',
    ],
  },
  {
    name: 'a method that is static now, as another function',
    older: 'resource r { m: func(); }',
    newer: 'resource r { m: static func(); }',
    want: ['function-removed a:b/i#r.m -> importer', 'function-added a:b/i#r.m -> exporter +'],
  },
  {
    name: 'a function that is async now',
    older: 'f: func();',
    newer: 'f: async func();',
    want: [`async-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a parameter that was added',
    older: 'f: func(a: u8);',
    newer: 'f: func(a: u8, b: u8);',
    want: [`param-added a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a parameter that was removed',
    older: 'f: func(a: u8, b: u8);',
    newer: 'f: func(b: u8);',
    want: [`param-removed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a parameter with another name',
    older: 'f: func(a: u8);',
    newer: 'f: func(b: u8);',
    want: [`param-renamed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a parameter with another name and type as another parameter',
    older: 'f: func(a: u8);',
    newer: 'f: func(b: u16);',
    want: [`param-removed a:b/i#f -> ${INTERFACE}`, `param-added a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'parameters in another order',
    older: 'f: func(a: u8, b: u8);',
    newer: 'f: func(b: u8, a: u8);',
    want: [`params-reordered a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a parameter of another type, deep inside',
    older: 'f: func(a: list<option<tuple<u8, string>>>);',
    newer: 'f: func(a: list<option<tuple<u8, char>>>);',
    want: [`param-type-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a borrowed handle that is owned now',
    older: 'resource r; f: func(a: borrow<r>);',
    newer: 'resource r; f: func(a: r);',
    want: [`param-type-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a list that has a fixed length now',
    older: 'f: func(a: list<u8>);',
    newer: 'f: func(a: list<u8, 4>);',
    want: [`param-type-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'another result',
    older: 'f: func() -> result<u8>;',
    newer: 'f: func() -> result<_, u8>;',
    want: [`result-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a result where there was none',
    older: 'f: func();',
    newer: 'f: func() -> u8;',
    want: [`result-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a type that was added',
    older: '',
    newer: 'type t = u8;',
    want: ['type-added a:b/i#t -> +'],
  },
  {
    name: 'a type that was removed',
    older: 'resource r;',
    newer: '',
    want: [`type-removed a:b/i#r -> ${INTERFACE}`],
  },
  {
    name: 'a type of another kind, once and not at its users',
    older: 'flags t { a } f: func(a: list<t>) -> t;',
    newer: 'enum t { a } f: func(a: list<t>) -> t;',
    want: [`type-changed a:b/i#t -> ${INTERFACE}`],
  },
  {
    name: 'an alias of another type',
    older: 'type t = u8;',
    newer: 'type t = u16;',
    want: [`type-changed a:b/i#t -> ${INTERFACE}`],
  },
  {
    name: 'a record with one more field, once and not at its users',
    older: 'record r { a: u8 } record s { r: r } type t = r; f: func(a: t) -> s;',
    newer: 'record r { a: u8, b: u8 } record s { r: r } type t = r; f: func(a: t) -> s;',
    want: [`record-field-added a:b/i#r.b -> ${INTERFACE} +`],
  },
  {
    name: 'fields that were removed, renamed and typed otherwise',
    older: 'record r { a: u8, b: u8, c: u8, d: u8 }',
    newer: 'record r { a: s8, x: u8, c: u8 }',
    want: [
      `record-field-type-changed a:b/i#r.a -> ${INTERFACE}`,
      `record-field-renamed a:b/i#r.x -> ${INTERFACE}`,
      `record-field-removed a:b/i#r.d -> ${INTERFACE}`,
    ],
  },
  {
    name: 'fields in another order',
    older: 'record r { a: u8, b: u8 }',
    newer: 'record r { b: u8, a: u8 }',
    want: [`record-fields-reordered a:b/i#r -> ${INTERFACE}`],
  },
  {
    name: 'cases that were added and typed otherwise',
    older: 'variant v { a, b(u8) }',
    newer: 'variant v { a(u8), b, c }',
    want: [
      `variant-case-type-changed a:b/i#v.a -> ${INTERFACE}`,
      `variant-case-type-changed a:b/i#v.b -> ${INTERFACE}`,
      `variant-case-added a:b/i#v.c -> ${INTERFACE} +`,
    ],
  },
  {
    name: 'cases that were removed, renamed, and stand in another order',
    older: 'variant v { a, b, c, d, e }',
    newer: 'variant v { b, a, x, d }',
    want: [
      `variant-case-renamed a:b/i#v.x -> ${INTERFACE}`,
      `variant-case-removed a:b/i#v.e -> ${INTERFACE}`,
      `variant-cases-reordered a:b/i#v -> ${INTERFACE}`,
    ],
  },
  {
    name: 'labels of an enum that were added, removed, renamed',
    older: 'enum e { a, b } enum g { a, b } enum h { a, b }',
    newer: 'enum e { a, b, c } enum g { a } enum h { a, x }',
    want: [
      `enum-label-added a:b/i#e.c -> ${INTERFACE} +`,
      `enum-label-removed a:b/i#g.b -> ${INTERFACE}`,
      `enum-label-renamed a:b/i#h.x -> ${INTERFACE}`,
    ],
  },
  {
    name: 'labels of an enum in another order',
    older: 'enum e { a, b }',
    newer: 'enum e { b, a }',
    want: [`enum-labels-reordered a:b/i#e -> ${INTERFACE}`],
  },
  {
    name: 'flags that were added, removed, renamed, reordered',
    older: 'flags e { a, b } flags g { a, b } flags h { a, b } flags k { a, b }',
    newer: 'flags e { a, b, c } flags g { a } flags h { a, x } flags k { b, a }',
    want: [
      `flag-added a:b/i#e.c -> ${INTERFACE} +`,
      `flag-removed a:b/i#g.b -> ${INTERFACE}`,
      `flag-renamed a:b/i#h.x -> ${INTERFACE}`,
      `flags-reordered a:b/i#k -> ${INTERFACE}`,
    ],
  },
  {
    name: 'the same types by other names, as no break',
    older: 'type t = u8; f: func(a: t) -> list<u8>;',
    newer: 'type t = u8; type u = list<u8>; f: func(a: u8) -> u;',
    want: ['type-added a:b/i#u -> +', 'signature-respelled a:b/i#f ->'],
  },
  {
    name: 'a definition that is written otherwise and is the same',
    older: 'record r { a: u8 } record s { a: u8 } record x { a: u8 } type y = r;',
    newer: 'record r { a: u8 } record s { a: u8 } type x = r; type y = s;',
    want: ['type-respelled a:b/i#x ->', 'type-respelled a:b/i#y ->'],
  },
  {
    name: 'a type that has the same fields in another order as another type',
    older: 'record r { a: u8, b: u8 } record s { b: u8, a: u8 } f: func(x: r);',
    newer: 'record r { a: u8, b: u8 } record s { b: u8, a: u8 } f: func(x: s);',
    want: [`param-type-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'a resource by another name as another type, its users too',
    older: 'resource r; resource s; f: func(a: borrow<r>);',
    newer: 'resource r; resource s; f: func(a: borrow<s>);',
    want: [`param-type-changed a:b/i#f -> ${INTERFACE}`],
  },
  {
    name: 'documentation of a function, a type and a field',
    older: '/// d\n f: func(); record r { a: u8 }',
    newer: '/// e\n f: func(); /// r\n record r { /// a\n a: u8 }',
    want: ['docs-changed a:b/i#r.a ->', 'docs-changed a:b/i#r ->', 'docs-changed a:b/i#f ->'],
  },
  {
    name: 'gates of an item that stays',
    older: 'f: func(); @since(version = 0.9.0) g: func();',
    newer:
      '@since(version = 1.0.0) f: func(); @since(version = 0.9.0) @deprecated(version = 1.0.0) g: func();',
    want: ['gate-changed a:b/i#f ->', 'gate-changed a:b/i#g ->'],
  },
  {
    name: 'an item that is no longer unstable as an addition',
    older: '@unstable(feature = x) f: func();',
    newer: '@since(version = 1.0.0) f: func();',
    want: ['function-added a:b/i#f -> exporter +'],
  },
  {
    name: 'nothing of what is unstable in both',
    older: '@unstable(feature = x) f: func();',
    newer: '@unstable(feature = x) f: func(a: u8); @unstable(feature = x) g: func();',
    want: [],
  },
  {
    name: 'nothing of the order of items and the spaces between',
    older: 'f: func(); type t = u8; g: func();',
    newer: 'g:func();f:func(  );type t=u8;',
    want: [],
  },
];

describe('diffWit() of an interface', () => {
  for (const { name, older, newer, want } of ITEMS) {
    it(`tells ${name}`, () => {
      expect(told(inInterface(older), inInterface(newer))).toEqual(want);
    });
  }
});
