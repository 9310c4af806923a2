import { afterEach, describe, expect, it, vi } from 'vitest';
import { newId } from '#flow/new-id';

afterEach(() => {
  vi.useRealTimers();
});

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('newId()', () => {
  it('makes UUIDs of version 7 and the variant of RFC 9562, never the same twice', () => {
    const ids = Array.from({ length: 100_000 }, newId);
    expect(ids.filter((id) => !UUID_V7.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('starts with the milliseconds of now', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0x0123456789ab });
    expect(newId()).toMatch(/^01234567-89ab-7/);
    vi.setSystemTime(5);
    expect(newId()).toMatch(/^00000000-0005-7/);
  });

  it('sorts by the millisecond in which it was made', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const ids = Array.from({ length: 2_000 }, (_, i) => {
      vi.setSystemTime(1_700_000_000_000 + i ** 3);
      return newId();
    });
    expect(ids.toSorted()).toEqual(ids);
  });

  it('differs in 74 random bits from others of the same millisecond', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1 });
    const bits = Array.from({ length: 500 }, () =>
      BigInt(`0x${newId().replaceAll('-', '').slice(12)}`),
    );
    const ones = bits.reduce((seen, value) => seen | value, 0n);
    const zeros = bits.reduce((seen, value) => seen & value, (1n << 80n) - 1n);
    // Four bits of version and two of variant are fixed; every other has been both.
    const changing = (ones & ~zeros).toString(2).replaceAll('0', '').length;
    expect(changing).toBe(74);
  });
});
