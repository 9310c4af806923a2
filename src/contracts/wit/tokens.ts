import type { WitPlace } from '#contracts/wit/ast';
import { quote } from '#domain/errors';

/** The words that stand for themselves; as a name each of them needs a `%` before it. */
export const WIT_KEYWORDS: ReadonlySet<string> = new Set(
  (
    'as async bool borrow char constructor enum export f32 f64 flags from func future import include interface list ' +
    'map option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 ' +
    'use variant with world _'
  ).split(' '),
);

export type WitTokenKind = 'bad' | 'end' | 'id' | 'integer' | 'keyword' | 'mark' | 'version';

/** One token. `text` is the name without `%`; of a `bad` token it is what is wrong. */
export interface WitToken {
  readonly kind: WitTokenKind;
  readonly text: string;
  readonly at: WitPlace;
  /** Offsets in UTF-16 units, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** The documentation comments between the token before and this one. */
  readonly docs: string | undefined;
}

const MARK = /->|[=,:;(){}<>*/.@]/y;
const WORD = /%?[A-Za-z][A-Za-z0-9-]*|_/y;
const VERSION =
  /\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?/y;
const INTEGER = /\d+/y;
const SPACE = /[ \t\r\n]+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const COMMENT_EDGE = /\/\*|\*\//g;
/** One word of a name. */
const KEBAB_WORD = /^(?:[a-z0-9]+|[A-Z0-9]+)$/;
/** Control codes, bidirectional overrides and characters that Unicode deprecates: they show other text than there is. */
const FORBIDDEN =
  /[^\P{Cc}\t\n\r]|[\u202a-\u202e\u2066-\u2069\u0149\u0673\u0f77\u0f79\u17a3\u17a4\u17b4\u17b5]/u;

/** Cuts a text into tokens, one by one, each character looked at a bounded number of times. */
export class WitTokens {
  readonly #text: string;
  readonly #forbiddenAt: number;
  #offset = 0;
  #line = 1;
  #column = 1;

  constructor(text: string) {
    this.#text = text;
    this.#forbiddenAt = FORBIDDEN.exec(text)?.index ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next token. After the last it gives `end` for ever; a `bad` token is at least one character long. */
  next(): WitToken {
    const docs: string[] = [];
    const wrong = this.#skip(docs);
    return wrong ?? this.#token(docs.length === 0 ? undefined : docs.join('\n'));
  }

  #token(docs: string | undefined): WitToken {
    const start = this.#offset;
    const at = this.#place();
    const make = (kind: WitTokenKind, text: string, shown = text): WitToken => {
      this.#advance(start + text.length);
      return { kind, text: shown, at, start, end: this.#offset, docs };
    };
    if (start >= this.#text.length) return make('end', '');
    const word = this.#match(WORD);
    if (word !== undefined) {
      const name = word.startsWith('%') ? word.slice(1) : word;
      if (name === word && WIT_KEYWORDS.has(word)) return make('keyword', word);
      if (isKebab(name)) return make('id', word, name);
      return make(
        'bad',
        word,
        `Cannot read name ${quote(name)}: is not kebab-case (want words of one case joined by "-")`,
      );
    }
    const version = this.#match(VERSION);
    if (version !== undefined) return make('version', version);
    const integer = this.#match(INTEGER);
    if (integer !== undefined) return make('integer', integer);
    const mark = this.#match(MARK);
    if (mark !== undefined) return make('mark', mark);
    const character = String.fromCodePoint(this.#text.codePointAt(start) ?? 0);
    return make(
      'bad',
      character,
      `Cannot read character ${JSON.stringify(character)}: begins no token (want WIT)`,
    );
  }

  /** Goes past space and comments; documentation is put into `docs`. A comment that never ends is answered. */
  #skip(docs: string[]): WitToken | undefined {
    for (;;) {
      const space = this.#match(SPACE) ?? this.#match(LINE_COMMENT);
      if (space === undefined && !this.#text.startsWith('/*', this.#offset)) return undefined;
      const end = space === undefined ? this.#blockEnd() : this.#offset + space.length;
      if (end === undefined) return this.#bad('is a comment that never ends', this.#text.length);
      if (this.#forbiddenAt < end && this.#forbiddenAt >= this.#offset) {
        this.#advance(this.#forbiddenAt);
        return this.#bad('holds a character that shows other text than there is', end);
      }
      const skipped = this.#text.slice(this.#offset, end);
      if (skipped.startsWith('//')) docs.push(lineDocs(skipped));
      if (skipped.startsWith('/*')) for (const line of blockDocs(skipped)) docs.push(line);
      this.#advance(end);
    }
  }

  #blockEnd(): number | undefined {
    COMMENT_EDGE.lastIndex = this.#offset;
    let depth = 0;
    for (;;) {
      const edge = COMMENT_EDGE.exec(this.#text);
      if (edge === null) return undefined;
      depth += edge[0] === '/*' ? 1 : -1;
      if (depth === 0) return COMMENT_EDGE.lastIndex;
    }
  }

  #bad(what: string, end: number): WitToken {
    const start = this.#offset;
    const at = this.#place();
    this.#advance(end);
    const text = `Cannot read text: ${what} (want WIT)`;
    return { kind: 'bad', text, at, start, end, docs: undefined };
  }

  #match(pattern: RegExp): string | undefined {
    // Shared patterns are safe: every use sets where it begins.
    pattern.lastIndex = this.#offset;
    return pattern.exec(this.#text)?.[0];
  }

  #place(): WitPlace {
    return { line: this.#line, column: this.#column };
  }

  #advance(end: number): void {
    while (this.#offset < end) {
      const code = this.#text.codePointAt(this.#offset) ?? 0;
      this.#offset += code > 0xffff ? 2 : 1;
      if (code === 0x0a) this.#line += 1;
      this.#column = code === 0x0a ? 1 : this.#column + 1;
    }
  }
}

/** Words joined by single hyphens, each all lower or all upper case, the first begun by a letter. */
function isKebab(name: string): boolean {
  // Word by word: one pattern for all of them may try digits in two ways each, and so for ever.
  return /^[A-Za-z]/.test(name) && name.split('-').every((word) => KEBAB_WORD.test(word));
}

function lineDocs(comment: string): string {
  return comment.replace(/^\/\/\/? ?/, '').trimEnd();
}

/** Takes the marks away, and the star that many write before every line. */
function blockDocs(comment: string): readonly string[] {
  const lines = comment.slice(2, -2).replace(/^\*/, '').split('\n');
  const bare = lines.map((line) => line.trim().replace(/^\* ?/, '').trimStart());
  const first = bare.findIndex((line) => line !== '');
  const last = bare.findLastIndex((line) => line !== '');
  return first === -1 ? [] : bare.slice(first, last + 1);
}
