import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIT_PRIMITIVES } from '#contracts/wit/ast';
import { parseWit } from '#contracts/wit/parse';
import { printWit } from '#contracts/wit/print';
import { WIT_KEYWORDS } from '#contracts/wit/tokens';
import { withoutPlaces } from '#test/contracts/wit/without-places';

const at = fc.constant({ line: 1, column: 1 });
const name = fc.record({
  at,
  text: fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3}){0,2}$/),
    fc.constantFrom('A', 'HTTP-2', ...[...WIT_KEYWORDS].filter((word) => word !== '_')),
  ),
});
const maybe = <T>(inner: fc.Arbitrary<T>) => fc.option(inner, { nil: undefined });
const many = <T>(inner: fc.Arbitrary<T>) => fc.array(inner, { maxLength: 3 });
const version = fc.constantFrom('0.1.0', '1.2.3-rc.1+b.7', '10.0.0--');
const docs = maybe(
  many(fc.constantFrom('', 'One.', '  code', '/ more', '* star */ end')).map((lines) =>
    ['First.', ...lines].join('\n'),
  ),
);
const gate = fc.oneof(
  fc.record({ kind: fc.constantFrom('since', 'deprecated'), version }),
  fc.record({ kind: fc.constant('unstable'), feature: name.map(({ text }) => text) }),
);
const noted = { docs, gates: many(gate) };
const pack = fc.record({ namespace: name, name, version: maybe(version) });
const path = fc.record({ package: maybe(pack), name });

const { type } = fc.letrec<{ type: unknown }>((tie) => {
  const inner = tie('type');
  const kind = (text: string) => fc.constant(text);
  return {
    type: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.record({ kind: kind('primitive'), name: fc.constantFrom(...WIT_PRIMITIVES), at }),
      fc.record({ kind: kind('named'), name, at }),
      fc.record({ kind: fc.constantFrom('own', 'borrow'), resource: name, at }),
      fc.record({
        kind: kind('list'),
        element: inner,
        length: maybe(fc.integer({ min: 1, max: 0xffff_ffff })),
        at,
      }),
      fc.record({ kind: kind('option'), element: inner, at }),
      fc.record({ kind: fc.constantFrom('future', 'stream'), element: maybe(inner), at }),
      fc.record({ kind: kind('result'), ok: maybe(inner), error: maybe(inner), at }),
      fc.record({ kind: kind('tuple'), elements: many(inner), at }),
      fc.record({ kind: kind('map'), key: inner, value: inner, at }),
    ),
  };
});

const param = fc.record({ name, type });
const signature = fc.record({ async: fc.boolean(), params: many(param), result: maybe(type) });
const member = fc.oneof(
  fc.record({
    kind: fc.constant('constructor'),
    ...noted,
    at,
    signature: signature.map((one) => ({ ...one, async: false })),
  }),
  fc.record({ kind: fc.constantFrom('method', 'static'), ...noted, at, name, signature }),
);
const definition = fc.oneof(
  fc.record({ kind: fc.constant('alias'), ...noted, name, type }),
  fc.record({
    kind: fc.constant('record'),
    ...noted,
    name,
    fields: many(fc.record({ docs, name, type })),
  }),
  fc.record({
    kind: fc.constant('variant'),
    ...noted,
    name,
    cases: many(fc.record({ docs, name, type: maybe(type) })),
  }),
  fc.record({
    kind: fc.constantFrom('enum', 'flags'),
    ...noted,
    name,
    labels: many(fc.record({ docs, name })),
  }),
  fc.record({ kind: fc.constant('resource'), ...noted, name, members: many(member) }),
);
const use = fc.record({
  kind: fc.constant('use'),
  ...noted,
  path,
  names: many(fc.record({ name, as: maybe(name) })),
});
const inInterface = many(
  fc.oneof(
    use,
    definition,
    fc.record({ kind: fc.constant('function'), ...noted, name, signature }),
  ),
);
const extern = fc.oneof(
  fc.record({ kind: fc.constant('path'), path }),
  fc.record({ kind: fc.constant('labelled'), name, path }),
  fc.record({ kind: fc.constant('function'), name, signature }),
  fc.record({ kind: fc.constant('interface'), name, items: inInterface }),
);
const inWorld = many(
  fc.oneof(
    use,
    definition,
    fc.record({ kind: fc.constantFrom('import', 'export'), ...noted, extern }),
    fc.record({
      kind: fc.constant('include'),
      ...noted,
      path,
      renames: many(fc.record({ name, as: name })),
    }),
  ),
);
const item = fc.oneof(
  fc.record({ kind: fc.constant('file-use'), path, as: maybe(name) }),
  fc.record({ kind: fc.constant('interface'), ...noted, name, items: inInterface }),
  fc.record({ kind: fc.constant('world'), ...noted, name, items: inWorld }),
);
const head = fc.record({ docs, name: pack });
const file = fc.record({
  head: maybe(head),
  items: many(fc.oneof(item, fc.record({ kind: fc.constant('package'), head, items: many(item) }))),
});

describe('printWit()', () => {
  it('prints what parseWit() reads back as the same, for any file', () => {
    fc.assert(
      fc.property(file, (made) => {
        const printed = printWit(made as Parameters<typeof printWit>[0]);
        const parsed = parseWit(printed);
        if (parsed.kind !== 'parsed') throw new Error(`${printed}${JSON.stringify(parsed.faults)}`);
        expect(withoutPlaces(parsed.file)).toEqual(withoutPlaces(made));
        expect(printWit(parsed.file)).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  it('prints one form whatever the spacing of the text', () => {
    const text =
      'package a:b ; /** Does.\n * More. */@since( version=1.0.0 )interface i{record r{a:u8,%type:list < u8,4 >}f:func( )->r ;}world w{import i;}';
    const parsed = parseWit(text);
    if (parsed.kind !== 'parsed') throw new Error(JSON.stringify(parsed.faults));
    expect(printWit(parsed.file)).toBe(`package a:b;

/// Does.
/// More.
@since(version = 1.0.0)
interface i {
  record r {
    a: u8,
    %type: list<u8, 4>,
  }
  f: func() -> r;
}

world w {
  import i;
}
`);
  });
});
