import { escapeToken } from '#contracts/json/pointer';
import type { LintFindings, LintPlace } from '#contracts/json-schema/lint/lint-findings';
import { patternStates } from '#contracts/json-schema/lint/pattern-states';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { backtrackingRisk } from '#contracts/pattern/backtracking';
import { parsePattern } from '#contracts/pattern/parse-pattern';
import { quote } from '#domain/errors';

/**
 * The most work that the patterns of one schema may cost: the square of the states of each different one, which is how long
 * it takes to look for backtracking, at most some hundred milliseconds each.
 */
export const PATTERN_WORK_MAX = 20_000_000;

/** Looking for backtracking in one pattern gives up at about this many steps. */
const ONE_PATTERN_WORK_MAX = 1_000_000;

type PatternVerdict =
  | { readonly rule: 'right' }
  | {
      readonly rule:
        | 'pattern-backtracking'
        | 'pattern-not-linear'
        | 'pattern-syntax'
        | 'pattern-too-large';
      readonly message: string;
    };

/** Checks the patterns of one schema, each different one once. */
export class PatternChecks {
  readonly #findings: LintFindings;
  readonly #verdicts = new Map<string, PatternVerdict>();
  #work = 0;

  constructor(findings: LintFindings) {
    this.#findings = findings;
  }

  /** Notes what is wrong with `pattern` and with the keys of `patternProperties`. */
  check(place: SchemaPlace): void {
    const { pattern, patternProperties } = keywordsOf(place);
    const at = (path: string): LintPlace => ({
      pointer: `${place.pointer}/${path}`,
      document: place.document,
    });
    if (typeof pattern === 'string') this.#note(pattern, at('pattern'));
    if (typeof patternProperties !== 'object' || patternProperties === null) return;
    for (const key of Object.keys(patternProperties)) {
      this.#note(key, at(`patternProperties/${escapeToken(key)}`));
    }
  }

  #note(source: string, place: LintPlace): void {
    const verdict = this.#verdicts.get(source) ?? this.#judge(source);
    this.#verdicts.set(source, verdict);
    if (verdict.rule !== 'right') this.#findings.fault(verdict.rule, place, verdict.message);
  }

  #judge(source: string): PatternVerdict {
    const parsed = parsePattern(source);
    if (parsed.kind === 'refused') return parsed.fault;
    this.#work += Math.min(patternStates(parsed.pattern) ** 2, ONE_PATTERN_WORK_MAX);
    if (this.#work > PATTERN_WORK_MAX) {
      const is = 'the patterns of the schema up to this one are too much work to check';
      const want = 'fewer patterns, or smaller numbers in their quantifiers';
      return { rule: 'pattern-too-large', message: cannot(source, is, want) };
    }
    const risk = backtrackingRisk(parsed.pattern);
    if (risk === undefined) return { rule: 'right' };
    const want = 'a pattern that matches each text in one way';
    return { rule: 'pattern-backtracking', message: cannot(source, risk, want) };
  }
}

function cannot(source: string, is: string, want: string): string {
  return `Cannot accept pattern ${quote(source)}: ${is} (want ${want})`;
}
