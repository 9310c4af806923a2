import { describe, expect, it } from 'vitest';
import { applyPatch } from '#contracts/gate/apply-patch';
import type { Json } from '#domain/canonical-json';

describe('applyPatch()', () => {
  const target: Json = { a: { b: 1 }, list: [1, { c: 2 }], 'x/y': 0 };

  it.each<[string, Json | undefined, Json | undefined]>([
    ['', true, true],
    ['/a/b', 2, { ...target, a: { b: 2 } }],
    ['/a/b', undefined, { ...target, a: {} }],
    ['/list/1/c', null, { ...target, list: [1, { c: null }] }],
    ['/x~1y', 1, { ...target, 'x/y': 1 }],
    ['/new/deep', 1, { ...target, new: { deep: 1 } }],
    ['/a/none', undefined, target],
    ['/list/2', 1, undefined],
    ['/a/b/c', 1, undefined],
    ['a', 1, undefined],
  ])('puts at "%s" the value %j', (pointer, value, want) => {
    const before = structuredClone(target);
    expect(applyPatch(target, { pointer, value })).toEqual(want);
    expect(target).toEqual(before);
  });
});
