import { describe, expect, it } from 'vitest';
import { WitTokens } from '#contracts/wit/tokens';

function tokensOf(text: string) {
  const tokens = new WitTokens(text);
  const found = [tokens.next()];
  while (found.at(-1)?.kind !== 'end' && found.length < 1000) found.push(tokens.next());
  return found.slice(0, -1);
}

const short = (text: string) => tokensOf(text).map(({ kind, text: shown }) => `${kind} ${shown}`);

describe('WIT tokens', () => {
  it('WitTokens tells names, keywords, marks, integers and versions apart', () => {
    expect(short('type %type = list<u8, 4>; -> a-b@1.2.3-rc.1+b.{')).toEqual([
      'keyword type',
      'id type',
      'mark =',
      'keyword list',
      'mark <',
      'keyword u8',
      'mark ,',
      'integer 4',
      'mark >',
      'mark ;',
      'mark ->',
      'id a-b',
      'mark @',
      'version 1.2.3-rc.1+b',
      'mark .',
      'mark {',
    ]);
  });

  it('WitTokens counts columns in characters, not in bytes or UTF-16 units', () => {
    const [token] = tokensOf('/* 🦀é\n🦀 */ here');
    expect(token?.at).toEqual({ line: 2, column: 6 });
    expect(token?.docs).toBe('🦀é\n🦀');
  });

  it('WitTokens takes carriage returns and tabs for single columns', () => {
    expect(tokensOf('a\r\n\tb')[1]?.at).toEqual({ line: 2, column: 2 });
  });

  it.each(['a', 'a1-b2', 'A-b-HTTP', 'a-1', 'x-3d'])('WitTokens takes "%s" for a name', (name) => {
    expect(short(name)).toEqual([`id ${name}`]);
  });

  it.each(['aB', 'a--b', 'a-', '%1-a', 'Ab', '%', 'é', '_a'])(
    'WitTokens does not take "%s" for one name',
    (text) => {
      expect(short(text).join()).not.toMatch(/^id [^,]*$/);
    },
  );

  it('WitTokens nests block comments and keeps what comments say before a token', () => {
    expect(short('a /* x /* y */ z */ b')).toEqual(['id a', 'id b']);
    expect(tokensOf('/// one\n///   two  \n//\n/** three\n * four\n */ a')[0]?.docs).toBe(
      'one\n  two\n\nthree\nfour',
    );
    expect(tokensOf('a')[0]?.docs).toBeUndefined();
  });

  it('WitTokens refuses a block comment that never ends, where it begins', () => {
    const [, bad, more] = tokensOf('a\n /* /* */ b');
    expect(bad).toMatchObject({ kind: 'bad', at: { line: 2, column: 2 } });
    expect(more).toBeUndefined();
  });

  it.each(['\u202e', '\u2066', '\u0000', '\u007f', '\u0149'])(
    'WitTokens refuses the character %j in a comment, at its place',
    (character) => {
      expect(tokensOf(`// ab${character}c\nd`)).toMatchObject([
        { kind: 'bad', at: { line: 1, column: 6 } },
        { kind: 'id', text: 'd' },
      ]);
    },
  );
});
