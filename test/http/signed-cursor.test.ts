import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { SignedCursors } from '#http/signed-cursor';

const cursors = new SignedCursors(randomBytes(32));
const OWNER = { artifact: sha256Of('a'), query: 'name=x' };
const key = fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), {
  minLength: 1,
  maxLength: 4,
});

describe('SignedCursors', () => {
  it('decode() gives back what encode() was given', () => {
    fc.assert(
      fc.property(key, (value) => {
        expect(cursors.decode(OWNER, cursors.encode(OWNER, value))).toEqual(value);
      }),
    );
  });

  it('decode() refuses a cursor of another artifact, another query or another secret', () => {
    const text = cursors.encode(OWNER, ['a', 1]);
    const refused = { code: 'INVALID_CURSOR' };
    const reading =
      (owner = OWNER, by = cursors) =>
      () =>
        by.decode(owner, text);
    expect(reading({ ...OWNER, artifact: sha256Of('b') })).toThrow(
      expect.objectContaining(refused),
    );
    expect(reading({ ...OWNER, query: 'name=y' })).toThrow(expect.objectContaining(refused));
    const others = new SignedCursors(randomBytes(32));
    expect(reading(OWNER, others)).toThrow(expect.objectContaining(refused));
  });

  it('decode() refuses whatever was changed or made up', () => {
    const text = cursors.encode(OWNER, ['gene', 12]);
    const refused = expect.objectContaining({ code: 'INVALID_CURSOR' });
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      // The last digit of base64 holds bits that mean nothing.
      if (
        Buffer.from(changed.slice(-22), 'base64url').equals(
          Buffer.from(text.slice(-22), 'base64url'),
        ) &&
        changed.slice(0, -22) === text.slice(0, -22)
      )
        continue;
      expect(() => cursors.decode(OWNER, changed), changed).toThrow(refused);
    }
    fc.assert(
      fc.property(fc.string(), (made) => {
        expect(() => cursors.decode(OWNER, made)).toThrow(refused);
      }),
    );
    expect(() => cursors.decode(OWNER, `c1.${'A'.repeat(9_000)}.${'A'.repeat(22)}`)).toThrow(
      refused,
    );
  });
});
