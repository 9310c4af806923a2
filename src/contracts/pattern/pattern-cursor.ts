import { quote } from '#domain/errors';

/** Tells why a pattern was refused. */
export interface PatternFault {
  /** Offset in the source, in UTF-16 units. */
  readonly index: number;
  readonly message: string;
  readonly rule: 'pattern-not-linear' | 'pattern-syntax' | 'pattern-too-large';
}

/** Ends the reading of a pattern. Nobody outside the parser sees it. */
export class PatternStop extends Error {
  readonly fault: PatternFault;

  constructor(fault: PatternFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** How deep groups may stand in each other. Real patterns stay under ten; the bound keeps the stack safe. */
export const PATTERN_DEPTH_MAX = 200;

/** Reads a pattern one code point ahead. */
export class PatternCursor {
  readonly source: string;
  readonly groupNames = new Set<string>();
  readonly propertyNames = new Set<string>();
  #index = 0;
  #depth = 0;

  constructor(source: string) {
    this.source = source;
  }

  get index(): number {
    return this.#index;
  }

  get done(): boolean {
    return this.#index >= this.source.length;
  }

  /** The code point that comes next as a text, empty at the end. */
  get next(): string {
    const codePoint = this.source.codePointAt(this.#index);
    return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
  }

  is(text: string): boolean {
    return this.source.startsWith(text, this.#index);
  }

  take(): string {
    const taken = this.next;
    this.#index += taken.length;
    return taken;
  }

  eat(text: string): boolean {
    const found = this.is(text);
    if (found) this.#index += text.length;
    return found;
  }

  /** Takes what a sticky expression matches here. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#index;
    const found = expression.exec(this.source) ?? undefined;
    if (found !== undefined) this.#index += found[0].length;
    return found;
  }

  /** Reads one level deeper. */
  deeper<T>(read: () => T): T {
    if (this.#depth >= PATTERN_DEPTH_MAX) {
      return this.stop('pattern-too-large', {
        is: `has groups more than ${PATTERN_DEPTH_MAX} deep`,
        want: `at most ${PATTERN_DEPTH_MAX}`,
      });
    }
    this.#depth += 1;
    const result = read();
    this.#depth -= 1;
    return result;
  }

  /** Refuses the pattern because of its syntax at `index`, which is here when not given. */
  fail(is: string, want: string, index = this.#index): never {
    return this.stop('pattern-syntax', { is, want, index });
  }

  stop(
    rule: PatternFault['rule'],
    fault: { readonly is: string; readonly want: string; readonly index?: number },
  ): never {
    const { is, want, index = this.#index } = fault;
    const message = `Cannot parse pattern ${quote(this.source)}: ${is} at index ${index} (want ${want})`;
    throw new PatternStop({ index, message, rule });
  }
}
