import { type Finding, NONE, undecided, witness } from '#contracts/containment/finding';
import type { Literal } from '#contracts/containment/node';
import type { ValueSearch } from '#contracts/containment/value-search';
import { sampleTexts } from '#contracts/format/sample-texts';
import { Language, type LengthRange } from '#contracts/pattern/language';
import type { Json } from '#domain/canonical-json';

/** How many texts of a language are tried beside those that are excluded. */
const SAMPLES = 24;
/** The longest text that is made. */
const LENGTH_MAX = 20_000;

interface TextRules {
  language: Language;
  isPlain: boolean;
  min: number;
  max: number | undefined;
  readonly formats: string[];
  readonly notFormats: string[];
  readonly excluded: Set<string>;
  doubt: string | undefined;
}

/** Looks for a text. @throws LanguageTooLarge */
export function findText(solver: ValueSearch, atoms: readonly Literal[]): Finding {
  const rules = readRules(solver, atoms);
  const range: LengthRange = { min: rules.min, max: rules.max };
  if (rules.max !== undefined && rules.max < rules.min) return NONE;
  if (rules.min > LENGTH_MAX) return undecided(`its texts are longer than ${LENGTH_MAX}`);
  if (rules.isPlain && rules.excluded.size === 0 && withoutFormats(rules)) {
    return finish(rules, ['a'.repeat(rules.min)]);
  }
  const { language } = rules;
  if (!rules.isPlain && language.isEmpty(range)) return NONE;
  // One more than are excluded: when all of those are excluded, there may be no other.
  const wanted = rules.excluded.size + SAMPLES;
  const texts = language.samples(wanted, range);
  const fitting = candidates(solver, atoms, [...texts, ...formatSamples(rules)]);
  const first = fitting[0];
  if (first !== undefined) return finish(rules, [first]);
  if (rules.doubt !== undefined) return undecided(rules.doubt);
  if (texts.length < wanted && allJudged(solver, atoms, texts)) return NONE;
  const [format] = [...rules.formats, ...rules.notFormats];
  return undecided(
    format === undefined
      ? 'no text was found among many that may satisfy it'
      : `no text is known that has what is asked of the format "${format}"`,
  );
}

function readRules(solver: ValueSearch, atoms: readonly Literal[]): TextRules {
  const rules: TextRules = {
    language: Language.all,
    isPlain: true,
    min: 0,
    max: undefined,
    formats: [],
    notFormats: [],
    excluded: new Set(),
    doubt: undefined,
  };
  for (const atom of atoms) {
    const node = solver.table.node(atom);
    const isDenied = atom % 2 === 1;
    if (node.kind === 'minLength' && !isDenied) rules.min = Math.max(rules.min, node.count);
    else if (node.kind === 'minLength')
      rules.max = Math.min(rules.max ?? Number.POSITIVE_INFINITY, Math.ceil(node.count) - 1);
    else if (node.kind === 'format') (isDenied ? rules.notFormats : rules.formats).push(node.name);
    else if (node.kind === 'enum') addExcluded(rules, node.values.values());
    else if (node.kind === 'pattern') addPattern(solver, rules, { source: node.source, isDenied });
  }
  rules.min = Math.ceil(rules.min);
  return rules;
}

function addExcluded({ excluded }: TextRules, values: Iterable<Json>): void {
  for (const value of values) if (typeof value === 'string') excluded.add(value);
}

function addPattern(
  solver: ValueSearch,
  rules: TextRules,
  { source, isDenied }: { readonly source: string; readonly isDenied: boolean },
): void {
  solver.step();
  const language = solver.patterns.language(source);
  if (language === undefined) {
    rules.doubt = `what the pattern "${source}" matches is not known`;
    return;
  }
  rules.isPlain = false;
  rules.language = rules.language.and(isDenied ? language.not() : language);
}

function withoutFormats({ formats, notFormats, doubt }: TextRules): boolean {
  return formats.length === 0 && notFormats.length === 0 && doubt === undefined;
}

function finish({ doubt }: TextRules, [text]: readonly string[]): Finding {
  if (doubt !== undefined) return undecided(doubt);
  return text === undefined ? NONE : witness(text);
}

function formatSamples({ formats }: TextRules): readonly string[] {
  return formats.flatMap((format) => sampleTexts(format));
}

function candidates(
  solver: ValueSearch,
  atoms: readonly Literal[],
  texts: readonly string[],
): readonly string[] {
  const all = solver.table.and(atoms);
  return texts.filter((text) => solver.judge.judge(all, text) === 'yes').slice(0, 1);
}

function allJudged(
  solver: ValueSearch,
  atoms: readonly Literal[],
  texts: readonly string[],
): boolean {
  const all = solver.table.and(atoms);
  return texts.every((text) => solver.judge.judge(all, text) === 'no');
}
