import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS } from '#domain/event';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { decodeToken, encodeToken, parseSubject, subjectOf } from '#log/subjects';
import { HOSTILE } from '#test/support/hostile';

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .filter((s) => s.isWellFormed() && Buffer.byteLength(s.normalize('NFC')) <= 600);

describe('subject tokens', () => {
  it('encodeToken() uses only letters, digits, "_", "-" and "="', () => {
    fc.assert(
      fc.property(text, (s) => /^[A-Za-z0-9_=-]+$/.test(encodeToken(s))),
      { numRuns: 3_000 },
    );
  });

  it('decodeToken() gives back every text in its composed form', () => {
    fc.assert(
      fc.property(text, (s) => {
        expect(decodeToken(encodeToken(s))).toBe(s.normalize('NFC'));
      }),
      { numRuns: 3_000 },
    );
  });

  it('encodeToken() gives two texts one token exactly when they are equal in NFC', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(encodeToken(a) === encodeToken(b)).toBe(a.normalize('NFC') === b.normalize('NFC'));
      }),
    );
    expect(encodeToken('A\u030A')).toBe(encodeToken('\u00C5'));
  });

  it('encodeToken() encodes or refuses every hostile text', () => {
    for (const hostile of HOSTILE) {
      let token: string | undefined;
      try {
        token = encodeToken(hostile);
      } catch (error) {
        expect(String(error)).toMatch(/Cannot encode name/);
      }
      if (token !== undefined) {
        expect(token).toMatch(/^[A-Za-z0-9_=-]+$/);
        expect(decodeToken(token)).toBe(hostile.normalize('NFC'));
      }
    }
    for (const refused of ['', 'x'.repeat(5_000), '\uD800'])
      expect(() => encodeToken(refused)).toThrow();
  });

  it('decodeToken() refuses every other way to write a text', () => {
    for (const token of ['', '=2f', '=41', 'a.b', '=', '=4', '=GG', '=C3', 'ä', '=41=CC=8A']) {
      expect(() => decodeToken(token), token).toThrow(/Cannot decode token/);
    }
  });
});

describe('subjects', () => {
  it('parseSubject() gives back what subjectOf() was given', () => {
    const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
    fc.assert(
      fc.property(
        label,
        label,
        fc.constantFrom(...KINDS),
        text,
        (tenant, environment, kind, id) => {
          const scope = parseScope(tenant, environment);
          const subject = subjectOf({ scope, kind, id });
          expect(subject.split('.')).toHaveLength(5);
          expect(parseSubject(subject)).toEqual({ scope, kind, id: id.normalize('NFC') });
        },
      ),
    );
  });

  it('subjectOf() writes a dataset as its readers know it', () => {
    const subject = subjectOf({
      scope: DEFAULT_SCOPE,
      kind: 'dataset',
      id: '110/homo_sapiens/GRCh38',
    });
    expect(subject).toBe('atlas.default.dev.dataset.110=2Fhomo_sapiens=2FGRCh38');
  });

  it('parseSubject() refuses foreign subjects', () => {
    for (const subject of [
      '',
      'atlas',
      'other.default.dev.dataset.a',
      'atlas.default.dev.thing.a',
      'atlas.default.dev.dataset.a.b',
      'atlas.*.dev.dataset.a',
      'atlas.default.dev.dataset.>',
    ]) {
      expect(() => parseSubject(subject), subject).toThrow();
    }
  });
});
