import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKDOWN_TEXT_LENGTH_MAX, markdownText } from '#contracts/versioning/markdown-text';

/** Reads a word that is escaped, or code, as Markdown shows it; undefined where a mark would act as markup. */
function shown(word: string, index: number): string | undefined {
  if (!word.startsWith('`')) {
    const inert = /^(?:\\[!-/:-@[-`{-~]|[^!#$%&*+<=>[\\\]^_`{|}~@])*$/.test(word);
    const leads = index === 0 && /^([!-/:-@[\]-`{-~]|\d+[.)]$)/.test(word);
    return inert && !leads ? word.replace(/\\(.)/gs, '$1') : undefined;
  }
  const fence = /^`+/.exec(word)?.[0] ?? '';
  const inner = word.slice(fence.length, -fence.length);
  const runs: readonly string[] = inner.match(/`+/g) ?? [];
  if (!word.endsWith(fence) || runs.includes(fence)) return undefined;
  return inner.startsWith(' ') && inner.endsWith(' ') ? inner.slice(1, -1) : inner;
}

/** Splits at spaces, but not at those that code has at its ends. */
const wordsOf = (text: string) => text.match(/(`+) \S+ \1(?!`)|\S+/g) ?? [];

const PIECES =
  '` `` \\ * _ [ ] (x) <b> &lt; # - + > 1. 2) http://a.b www.a.b a@b.c ![ ]( | ~~ $ === --- : ; / . " ={'
    .split(' ')
    .concat(['\n', '\r\n', '\t', ' ', '\n\n    x']);
const nasty = fc.array(
  fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'grapheme', maxLength: 4 })),
  { maxLength: 12 },
);

describe('markdownText()', () => {
  it('leaves letters, digits and spaces as they are', () => {
    expect(markdownText('Adds 2 fields für später')).toBe('Adds 2 fields für später');
    expect(markdownText('')).toBe('');
    expect(markdownText(' \n ')).toBe('');
  });

  it('takes the meaning from every mark', () => {
    expect(markdownText('*a* _b_ `c` [d](e) <b> &amp; x # ~~y~~ z|z')).toBe(
      '\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\<b\\> \\&amp; x \\# \\~\\~y\\~\\~ z\\|z',
    );
    expect(markdownText('a\\')).toBe('a\\\\');
  });

  it('takes the meaning from what begins a line, and leaves the same alone elsewhere', () => {
    for (const [text, want] of [
      ['1. a 1. b', '1\\. a 1. b'],
      ['12) a', '12\\) a'],
      ['- a - b', '\\- a - b'],
      ['--- ---', '\\--- ---'],
      [': a', '\\: a'],
      ['2.0.0-rc.1', '2.0.0-rc.1'],
      ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
      ['"a" of /b/c', '\\"a" of /b/c'],
    ] as const) {
      expect(markdownText(text)).toBe(want);
    }
  });

  it('puts all on one line, so that no text begins a heading, a list or a block of code', () => {
    expect(markdownText('a\n\n# b\r\n\u2028    c\td\u0000')).toBe('a \\# b c d');
  });

  it('shows addresses and mentions as code', () => {
    for (const word of [
      'https://a.b/c',
      'HTTP://a.b',
      'www.a.b',
      'WWW.a.b',
      'me@a.b',
      '@me',
      'mailto:x',
      '(http://a.b)',
    ]) {
      expect(markdownText(`see ${word} now`)).toBe(`see \`${word}\` now`);
    }
  });

  it('lets no code end before its own end', () => {
    expect(markdownText('a`b@c')).toBe('``a`b@c``');
    expect(markdownText('`@``')).toBe('``` `@`` ```');
  });

  it('takes out marks that turn the direction of the text', () => {
    expect(markdownText('a\u202Eb\u2066c\u200Fd')).toBe('abcd');
  });

  it('cuts a long text, visibly and not within a character', () => {
    const most = 'x'.repeat(MARKDOWN_TEXT_LENGTH_MAX);
    expect(markdownText(most)).toBe(most);
    expect(markdownText(`${most}y`)).toBe(`${most}…`);
    expect(markdownText(`${most.slice(1)}😀`)).toBe(`${most.slice(1)}…`);
  });

  it('shows exactly what was given, with no mark left to act', () => {
    fc.assert(
      fc.property(nasty, (pieces) => {
        const text = pieces.join('');
        const line = text
          .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
          .replace(/[\s\p{Cc}]+/gu, ' ')
          .trim();
        const out = markdownText(text);
        expect(out).not.toMatch(/[\n\r]/);
        expect(wordsOf(out).map(shown).join(' ')).toBe(line);
      }),
      { numRuns: 2000 },
    );
  });
});
