import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFormat, FORMAT_TEXT_UNITS_MAX, FORMATS } from '#contracts/format/check-format';
import { sampleTexts } from '#contracts/format/sample-texts';
import { verdictRows } from '#test/contracts/format/verdict-table';

const rows = verdictRows();

/** The language's own reader of addresses is another opinion: it must read each one that is called right. */
const canRead = (text: string) => URL.canParse(text);

describe('checkFormat()', () => {
  it('has a row for every format that it knows', () => {
    expect([...new Set(rows.map(({ format }) => format))].sort()).toEqual([...FORMATS].sort());
  });

  it.each(rows)('says of $format $text: $verdict', ({ format, text, verdict }) => {
    expect(checkFormat(format, text)).toBe(verdict);
  });

  it('says unknown of a format that it does not know, and of what is too long to be checked', () => {
    for (const format of ['', 'Date', 'color', '__proto__', 'toString']) {
      expect(checkFormat(format, '2024-01-01')).toBe('unknown');
    }
    for (const format of FORMATS) {
      expect(checkFormat(format, 'a'.repeat(FORMAT_TEXT_UNITS_MAX + 1))).toBe('unknown');
    }
  });

  it('says valid of every date and time that the clock can write', () => {
    const instant = fc.date({
      min: new Date('0000-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, (date) => {
        const text = date.toISOString();
        expect(checkFormat('date-time', text)).toBe('valid');
        expect(checkFormat('date', text.slice(0, 10))).toBe('valid');
        expect(checkFormat('time', text.slice(11))).toBe('valid');
      }),
    );
  });

  it('says of a date what the calendar says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 9999 }), fc.nat(13), fc.nat(32), (y, m, d) => {
        const two = (number: number) => String(number).padStart(2, '0');
        const date = new Date(Date.UTC(y, m - 1, d));
        const isReal = date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
        expect(checkFormat('date', `${y}-${two(m)}-${two(d)}`)).toBe(isReal ? 'valid' : 'invalid');
      }),
      { numRuns: 1_000 },
    );
  });

  it('says valid of every address and identifier that generators make', () => {
    fc.assert(fc.property(fc.uuid(), (text) => checkFormat('uuid', text) === 'valid'));
    fc.assert(fc.property(fc.ipV6(), (text) => checkFormat('ipv6', text) === 'valid'));
    fc.assert(fc.property(fc.ipV4(), (text) => checkFormat('ipv4', text) === 'valid'));
    fc.assert(fc.property(fc.domain(), (text) => checkFormat('hostname', text) !== 'invalid'));
    fc.assert(fc.property(fc.emailAddress(), (text) => checkFormat('email', text) === 'valid'));
    const url = fc.webUrl({ withFragments: true, withQueryParameters: true });
    for (const format of ['uri', 'uri-reference', 'iri', 'iri-reference']) {
      fc.assert(fc.property(url, (text) => canRead(text) && checkFormat(format, text) === 'valid'));
    }
  });

  it('never calls a URI right that is not one among IRIs, and no reference that is not one among references', () => {
    const unit = fc.constantFrom(...'a:/?#[]@%4é 1.-\\'.split(''));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 10 }), (text) => {
        const of = (format: string) => checkFormat(format, text) === 'valid';
        expect(of('uri') && !of('iri')).toBe(false);
        expect(of('uri') && !of('uri-reference')).toBe(false);
        expect(of('uri-reference') && !of('iri-reference')).toBe(false);
        expect(of('iri') && !of('iri-reference')).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('sampleTexts()', () => {
  it.each(FORMATS)('gives three or more valid texts of "%s", the shortest first', (format) => {
    const texts = sampleTexts(format);
    expect(new Set(texts).size).toBeGreaterThanOrEqual(3);
    for (const text of texts) expect(checkFormat(format, text), text).toBe('valid');
    expect(texts.map(({ length }) => length)).toEqual(
      texts.map(({ length }) => length).toSorted((a, b) => a - b),
    );
  });

  it('gives none of a format that is not known', () => {
    expect(sampleTexts('color')).toEqual([]);
  });
});
