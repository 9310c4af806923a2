import type { NameMatcher } from '#contracts/containment/node';
import { Language } from '#contracts/pattern/language';
import { matchesPattern } from '#contracts/pattern/matcher';
import { parsePattern } from '#contracts/pattern/parse-pattern';
import type { Pattern } from '#contracts/pattern/pattern';

const DIFFERS_BETWEEN_ENGINES = /\\[bBdDsSwW]/;
const IS_ASCII = /^[\0-\x7f]*$/;

/** Keeps the patterns of one comparison, parsed once. */
export class PatternBook {
  readonly #patterns = new Map<string, Pattern | undefined>();
  readonly #names = new WeakMap<NameMatcher, ReadonlySet<string>>();
  readonly #languages = new Map<string, Language | undefined>();

  /** Says whether a text has a match; `undefined` where that is not clear. */
  matches(source: string, text: string): boolean | undefined {
    const pattern = this.#pattern(source);
    if (pattern === undefined) return undefined;
    // ECMA-262 knows only the digits and letters of ASCII; the engines of other languages take those of all scripts.
    if (DIFFERS_BETWEEN_ENGINES.test(source) && !IS_ASCII.test(text)) return undefined;
    return matchesPattern(pattern, text);
  }

  /** Gives the texts that have a match; `undefined` for a pattern that cannot be read. @throws LanguageTooLarge */
  language(source: string): Language | undefined {
    if (this.#languages.has(source)) return this.#languages.get(source);
    const pattern = this.#pattern(source);
    const language = pattern === undefined ? undefined : Language.ofPattern(pattern);
    this.#languages.set(source, language);
    return language;
  }

  /** Says whether a rule is for a name; `undefined` when one of its patterns cannot be read. */
  isFor(matcher: NameMatcher, name: string): boolean | undefined {
    switch (matcher.kind) {
      case 'name':
        return matcher.name === name;
      case 'pattern':
        return this.matches(matcher.source, name);
      case 'other': {
        if (this.#namesOf(matcher).has(name)) return false;
        const answers = new Set(matcher.patterns.map((source) => this.matches(source, name)));
        if (answers.has(true)) return false;
        return answers.has(undefined) ? undefined : true;
      }
      default:
        return matcher satisfies never;
    }
  }

  #namesOf(matcher: Extract<NameMatcher, { kind: 'other' }>): ReadonlySet<string> {
    const known = this.#names.get(matcher) ?? new Set(matcher.names);
    this.#names.set(matcher, known);
    return known;
  }

  #pattern(source: string): Pattern | undefined {
    if (this.#patterns.has(source)) return this.#patterns.get(source);
    const parsed = parsePattern(source);
    const pattern = parsed.kind === 'parsed' ? parsed.pattern : undefined;
    this.#patterns.set(source, pattern);
    return pattern;
  }
}
