import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WitChange } from '#contracts/wit/diff/change';
import { diffWit } from '#contracts/wit/diff/diff-wit';
import { witVerdict } from '#contracts/wit/diff/wit-verdict';
import { subject } from '#test/contracts/wit/diff/subject';

/**
 * A random interface: types `t0` to `t4`, of which each may use those before it, and functions `f0` to `f3`. Which are
 * there, and what they say, is random, so that two of them have much in common.
 */
interface Model {
  readonly types: readonly (string | undefined)[];
  readonly functions: readonly (string | undefined)[];
}

const NAMES = ['a', 'b', 'c'];
const maybe = (text: fc.Arbitrary<string>) => fc.option(text, { nil: undefined, freq: 3 });

/** Writes a type that may use the types of which the index is below `below`; `$n` stands for one that may be absent. */
const ref = (below: number): fc.Arbitrary<string> => {
  const leaf = fc.constantFrom('u8', 'string', ...Array.from({ length: below }, (_, n) => `$${n}`));
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    leaf.map((inner) => `list<${inner}>`),
    fc.tuple(leaf, leaf).map(([one, two]) => `tuple<${one}, ${two}>`),
  );
};
const names = fc
  .subarray(NAMES, { minLength: 1 })
  .chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));
const parts = (below: number) =>
  names.chain((some) =>
    fc.tuple(...some.map((name) => ref(below).map((type) => `${name}: ${type}`))),
  );
const definition = (index: number): fc.Arbitrary<string> =>
  fc.oneof(
    ref(index).map((type) => `type @ = ${type};`),
    parts(index).map((fields) => `record @ { ${fields.join(', ')} }`),
    names.map((labels) => `enum @ { ${labels.join(', ')} }`),
    names.map((labels) => `variant @ { ${labels.join('(u8), ')} }`),
  );
const signature = fc
  .tuple(parts(5), maybe(ref(5)))
  .map(
    ([params, result]) =>
      `func(${params.join(', ')})${result === undefined ? '' : ` -> ${result}`}`,
  );
const model: fc.Arbitrary<Model> = fc.record({
  types: fc.tuple(...[0, 1, 2, 3, 4].map((index) => maybe(definition(index)))),
  functions: fc.tuple(...[0, 1, 2, 3].map(() => maybe(signature))),
});
/** Two interfaces of which the second differs from the first in some items alone. */
const pair = fc
  .tuple(model, model, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }))
  .map(([one, other, swap]): readonly [Model, Model] => {
    const mixed: Model = {
      types: one.types.map((text, index) => (swap[index] === true ? other.types[index] : text)),
      functions: one.functions.map((text, index) =>
        swap[5 + index] === true ? other.functions[index] : text,
      ),
    };
    return [one, mixed];
  });

/** Writes a use of a type that is absent as `bool`. */
const settle = (text: string, { types }: Model) =>
  text.replace(/\$(\d)/g, (_, digit: string) =>
    types[Number(digit)] === undefined ? 'bool' : `t${digit}`,
  );

function textOf(one: Model, world = ''): string {
  const types = one.types.flatMap((text, index) =>
    text === undefined ? [] : [settle(text.replace('@', `t${index}`), one)],
  );
  const functions = one.functions.flatMap((text, index) =>
    text === undefined ? [] : [`f${index}: ${settle(text, one)};`],
  );
  return `package a:b; interface i { ${[...types, ...functions].join(' ')} } ${world}`;
}

/** Writes types out in full, with no name of a type left, by means that have nothing in common with the diff. */
function inFull(text: string, one: Model): string {
  return settle(text, one).replace(/\bt(\d)\b/g, (_, digit: string) => {
    const definition = one.types[Number(digit)] ?? '';
    const bare = definition.startsWith('type @ = ') ? definition.slice(9, -1) : definition;
    return inFull(bare, one);
  });
}

function changesOf([older, newer]: readonly [Model, Model]): readonly WitChange[] {
  return diffWit(subject(textOf(older)), subject(textOf(newer)));
}

/** Says what becomes of the items of one kind: those that are gone, came, and are not the same in full. */
function fates(kind: 'types' | 'functions', [older, newer]: readonly [Model, Model]) {
  const found = { gone: false, came: false, other: false };
  for (const [index, was] of older[kind].entries()) {
    const is = newer[kind][index];
    if (was === undefined && is !== undefined) found.came = true;
    if (was !== undefined && is === undefined) found.gone = true;
    if (was === undefined || is === undefined) continue;
    const bare = (text: string) => (text.startsWith('type @ = ') ? text.slice(9, -1) : text);
    if (inFull(bare(was), older) !== inFull(bare(is), newer)) found.other = true;
  }
  return found;
}

describe('diffWit() of any two interfaces', () => {
  it('finds nothing between a text and itself', () => {
    fc.assert(
      fc.property(model, (one) => {
        expect(changesOf([one, one])).toEqual([]);
      }),
    );
  });

  it('breaks users and providers exactly when types and functions in full say so', () => {
    fc.assert(
      fc.property(pair, (models) => {
        const changes = changesOf(models);
        const [types, functions] = [fates('types', models), fates('functions', models)];
        const both = types.gone || types.other || functions.other;
        expect(witVerdict(changes, 'BACKWARD').compatible).toBe(!(both || functions.gone));
        expect(witVerdict(changes, 'FORWARD').compatible).toBe(!(both || functions.came));
        expect(changes.some(({ feature, breaks }) => feature && breaks.length < 2)).toBe(
          types.came || functions.came,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('tells what was added as removed when it is asked the other way round', () => {
    const only = (changes: readonly WitChange[], verb: string) =>
      changes
        .filter(({ rule }) => rule.endsWith(`-${verb}`))
        .map(
          ({ rule, item, before, after }) => `${rule.replace(verb, '')} ${item} ${before ?? after}`,
        )
        .sort((a, b) => (a < b ? -1 : Number(a > b)));
    fc.assert(
      fc.property(pair, ([older, newer]) => {
        const there = changesOf([older, newer]);
        const back = changesOf([newer, older]);
        expect(only(back, 'removed')).toEqual(only(there, 'added'));
        expect(only(back, 'added')).toEqual(only(there, 'removed'));
      }),
    );
  });

  it('answers the same whatever the order of the items', () => {
    fc.assert(
      fc.property(pair, ([older, newer]) => {
        const items = (one: Model) => {
          const functions = one.functions.flatMap((text, index) =>
            text === undefined ? [] : [`f${index}: ${settle(text, one)};`],
          );
          const types = one.types.flatMap((text, index) =>
            text === undefined ? [] : [settle(text.replace('@', `t${index}`), one)],
          );
          return `package a:b; interface i { ${[...functions, ...types].reverse().join(' ')} }`;
        };
        expect(diffWit(subject(items(older)), subject(items(newer)))).toEqual(
          changesOf([older, newer]),
        );
      }),
    );
  });

  it('tells a world that exports the interface the opposite of one that imports it', () => {
    const roles = (models: readonly [Model, Model], world: string) => {
      const [older, newer] = models.map((one) => subject(textOf(one, world)));
      if (older === undefined || newer === undefined) throw new Error('no subjects');
      return diffWit(older, newer).map(({ breaks }) => breaks);
    };
    fc.assert(
      fc.property(pair, (models) => {
        const imported = roles(models, 'world w { import i; }');
        const exported = roles(models, 'world w { export i; }');
        for (const [index, breaks] of imported.entries()) {
          expect(breaks.includes('component')).toBe(breaks.includes('importer'));
          expect(breaks.includes('host')).toBe(breaks.includes('exporter'));
          expect(exported[index]?.includes('host')).toBe(breaks.includes('importer'));
          expect(exported[index]?.includes('component')).toBe(breaks.includes('exporter'));
        }
      }),
    );
  });
});
