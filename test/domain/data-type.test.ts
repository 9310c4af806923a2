import { describe, expect, it } from 'vitest';
import type { Json } from '#domain/canonical-json';
import { DATA_TYPES, type DataType, orderOf, readTyped } from '#domain/data-type';
import { DefinitionFaults } from '#domain/definition-reader';

function isTaken(value: Json, dataType: DataType): boolean {
  const faults = new DefinitionFaults();
  return readTyped({ value, path: '', faults }, dataType) !== undefined;
}

const TAKEN: readonly (readonly [DataType, readonly Json[], readonly Json[]])[] = [
  ['string', ['', 'a\nb'], [1, null, '\uD800', 'x'.repeat(1_001)]],
  ['integer', [0, -1, 2 ** 53 - 1], [1.5, 2 ** 53, '1', true]],
  ['number', [1.5, -0], ['1', null]],
  ['decimal', [0.1], ['0.1']],
  ['boolean', [true, false], ['true', 0]],
  ['date', ['2024-02-29'], ['2023-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00:00Z', 0]],
  ['time', ['00:00:00', '23:59:59.123'], ['24:00:00', '10:00', '10:00:60']],
  [
    'timestamp',
    ['2026-01-31T13:30:00Z', '2026-01-31T13:30:00.5+02:00'],
    ['2026-01-31 13:30:00Z', '2026-01-31T13:30:00', '2026-02-30T13:30:00Z', '2026-01-31'],
  ],
  ['uuid', ['123E4567-e89b-12d3-a456-426614174000'], ['123', 'x']],
  ['binary', ['AAEC'], [1]],
  ['array', [[], [1]], [{}, 'a']],
  ['object', [{}, { a: 1 }], [[], null]],
];

describe('readTyped()', () => {
  it.each(TAKEN)('takes what is of type %s and nothing else', (dataType, good, bad) => {
    for (const value of good) expect([value, isTaken(value, dataType)]).toEqual([value, true]);
    for (const value of bad) expect([value, isTaken(value, dataType)]).toEqual([value, false]);
  });

  it('is tried with every type', () => {
    expect(TAKEN.map(([dataType]) => dataType)).toEqual(DATA_TYPES);
  });
});

describe('orderOf()', () => {
  it('compares moments and not their writing', () => {
    const order = (text: string) => orderOf(text, 'timestamp') ?? Number.NaN;
    expect(order('2026-01-01T02:00:00+02:00')).toBe(order('2026-01-01T00:00:00Z'));
    expect(order('2026-01-01T02:00:00+02:00')).toBeLessThan(order('2026-01-01T01:00:00Z'));
  });

  it('gives nothing for what has no order, or another type', () => {
    expect([orderOf('a', 'string'), orderOf('1', 'integer'), orderOf([1], 'array')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
