import { describe, expect, it } from 'vitest';
import { CODE_POINT_MAX, holds } from '#contracts/pattern/code-point-set';
import { unicodeProperty } from '#contracts/pattern/unicode-property';

const NAMES = ['L', 'Lu', 'Script=Greek', 'scx=Deva', 'Any', 'Cs', 'Emoji', 'General_Category=Nd'];

describe('a Unicode property', () => {
  for (const name of NAMES) {
    it(`${name} is what the engine says, for every code point`, () => {
      const set = unicodeProperty(name) ?? [];
      const expression = new RegExp(`^\\p{${name}}$`, 'u');
      const wrong: number[] = [];
      for (let codePoint = 0; codePoint <= CODE_POINT_MAX; codePoint += 1) {
        const isIn = expression.test(String.fromCodePoint(codePoint));
        if (isIn !== holds(set, codePoint)) wrong.push(codePoint);
      }
      expect(wrong).toEqual([]);
    });
  }

  it('is refused when the engine does not know it, or when it is no name', () => {
    for (const name of ['Nope', 'l', 'Script=Nope', '', 'L}|\\p{Lu', 'L}', '^L', 'Basic_Emoji']) {
      expect(unicodeProperty(name), name).toBeUndefined();
    }
  });

  it('stays right when more properties were asked for than are kept', () => {
    const scripts =
      'Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd ' +
      'Cakm Cans Cari Cham Cher Copt Cprt Cyrl Deva Dogr Dsrt Dupl Egyp Elba Elym Ethi Geor Glag';
    expect(scripts.split(' ').length).toBeGreaterThan(32);
    for (const name of scripts.split(' ')) expect(unicodeProperty(`sc=${name}`)).toBeDefined();
    expect(unicodeProperty('Zl')).toEqual([0x20_28, 0x20_28]);
    expect(unicodeProperty('gc=Zp')).toEqual([0x20_29, 0x20_29]);
  });
});
