import type { WitFault, WitGate, WitName, WitPlace, WitRule } from '#contracts/wit/ast';
import { type WitToken, WitTokens } from '#contracts/wit/tokens';
import { isSemver } from '#contracts/wit/version';
import { quote } from '#domain/errors';

/** How deep types may stand in each other. Real interfaces stay under ten; the bound keeps the stack safe. */
export const WIT_DEPTH_MAX = 100;
/** How many faults of one text are told; after that it is no longer read. */
export const WIT_FAULTS_MAX = 50;

/** Ends the reading of one item. Nobody outside the parser sees it. */
export class WitStop extends Error {}

const ITEM_STARTS: ReadonlySet<string> = new Set(
  'enum export flags import include interface package record resource type use variant world'.split(
    ' ',
  ),
);

/** Reads tokens one ahead, keeps the faults, and knows how to go on after one. */
export class WitCursor {
  readonly faults: WitFault[] = [];
  readonly #tokens: WitTokens;
  #token: WitToken;
  #braces = 0;
  #depth = 0;
  #taken = false;

  constructor(text: string) {
    this.#tokens = new WitTokens(text);
    this.#token = this.#tokens.next();
  }

  /** The token that comes next. */
  get token(): WitToken {
    return this.#token;
  }

  /** Says that the text is used up, or that nothing more of it is worth reading. */
  get done(): boolean {
    return this.#token.kind === 'end' || this.faults.length >= WIT_FAULTS_MAX;
  }

  /** Says that no token has been taken yet. */
  get first(): boolean {
    return !this.#taken;
  }

  take(): WitToken {
    const taken = this.#token;
    this.#taken = true;
    if (taken.kind === 'mark' && taken.text === '{') this.#braces += 1;
    if (taken.kind === 'mark' && taken.text === '}') this.#braces -= 1;
    this.#token = this.#tokens.next();
    return taken;
  }

  is(text: string): boolean {
    const { kind } = this.#token;
    return this.#token.text === text && (kind === 'mark' || kind === 'keyword');
  }

  /** Takes the mark or keyword when it comes next. */
  eat(text: string): boolean {
    const found = this.is(text);
    if (found) this.take();
    return found;
  }

  expect(text: string): WitToken {
    return this.is(text) ? this.take() : this.fail(`"${text}"`);
  }

  name(want = 'a name'): WitName {
    if (this.#token.kind !== 'id') return this.fail(want);
    const { text, at } = this.take();
    return { text, at };
  }

  /** Notes what stands where `want` should, and stops the item. */
  fail(want: string): never {
    const { kind, text, at } = this.#token;
    if (kind === 'bad') return this.stop(at, 'lexical', text);
    const found = kind === 'end' ? 'is the end of the text' : `is ${KIND_WORDS[kind]}`;
    return this.stop(at, 'syntax', `Cannot read token ${quote(text)}: ${found} (want ${want})`);
  }

  stop(at: WitPlace, rule: WitRule, message: string): never {
    this.faults.push({ line: at.line, column: at.column, message, rule });
    throw new WitStop(message);
  }

  /** Reads one level deeper. A text that nests too deep gets a fault, not a broken stack. */
  deeper<T>(read: () => T): T {
    if (this.#depth >= WIT_DEPTH_MAX) {
      const message = `Cannot read type: stands deeper than ${WIT_DEPTH_MAX} (want at most ${WIT_DEPTH_MAX})`;
      return this.stop(this.#token.at, 'limit', message);
    }
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Reads items until `}` (or the end of the text), each on its own: a fault costs the one item that it is in. */
  items<T>(read: () => T, inBraces: boolean): T[] {
    const items: T[] = [];
    while (!this.done && !(inBraces && this.is('}'))) {
      const braces = this.#braces;
      const start = this.#token.start;
      try {
        items.push(read());
      } catch (error) {
        if (!(error instanceof WitStop)) throw error;
        if (this.#token.start === start && !(this.is('}') && inBraces)) this.take();
        this.#recover(braces);
      }
    }
    return items;
  }

  #recover(braces: number): void {
    while (this.#token.kind !== 'end') {
      if (this.#braces < braces) return;
      const level = this.#braces === braces;
      if (level && (this.is('}') || this.is('@'))) return;
      if (level && this.#token.kind === 'keyword' && ITEM_STARTS.has(this.#token.text)) return;
      const taken = this.take();
      if (this.#braces === braces && (taken.text === ';' || taken.text === '}')) return;
    }
  }

  /** Reads `a, b, c` until `close`, a comma at the end allowed, and the closing mark. */
  list<T>(close: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.eat(close)) {
      items.push(read());
      if (this.eat(',')) continue;
      this.expect(close);
      break;
    }
    return items;
  }

  version(): string {
    const { kind, text, at } = this.#token;
    if (kind !== 'version') return this.fail('a version "1.2.3"');
    if (!isSemver(text)) {
      const message = `Cannot read version ${quote(text)}: has a number that begins with 0 (want semantic versioning)`;
      return this.stop(at, 'version', message);
    }
    return this.take().text;
  }

  /** Reads the gates before an item. */
  gates(): WitGate[] {
    const gates: WitGate[] = [];
    while (this.eat('@')) gates.push(this.#gate());
    return gates;
  }

  #gate(): WitGate {
    const { text } = this.#token;
    if (text !== 'since' && text !== 'unstable' && text !== 'deprecated') {
      return this.fail('"since", "unstable" or "deprecated"');
    }
    this.take();
    this.expect('(');
    const field = text === 'unstable' ? 'feature' : 'version';
    if (this.#token.kind !== 'id' || this.#token.text !== field) return this.fail(`"${field}"`);
    this.take();
    this.expect('=');
    const gate: WitGate =
      text === 'unstable'
        ? { kind: text, feature: this.name('a feature').text }
        : { kind: text, version: this.version() };
    this.expect(')');
    return gate;
  }
}

const KIND_WORDS = {
  id: 'a name',
  integer: 'an integer',
  keyword: 'a keyword',
  mark: 'a mark',
  version: 'a version',
} as const;
