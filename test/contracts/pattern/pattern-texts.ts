import fc from 'fast-check';
import { parsePattern } from '#contracts/pattern/parse-pattern';
import type { Pattern } from '#contracts/pattern/pattern';

/** Parses what must parse. */
export function parsed(source: string): Pattern {
  const result = parsePattern(source);
  if (result.kind === 'parsed') return result.pattern;
  throw new Error(result.fault.message);
}

/** Builds texts of few characters, among them those that assertions, `.` and surrogates are about. */
export const smallTexts = fc
  .array(fc.constantFrom('a', 'b', 'c', '_', '-', '1', ' ', '\n', 'é', '🐲', '\ud83d'), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

/** Lists every text of at most `lengthMax` of the characters, the shortest first, then in the order of the characters. */
export function everyText(characters: string, lengthMax: number): string[] {
  const texts = [''];
  for (const text of texts) {
    if (text.length < lengthMax) for (const character of characters) texts.push(text + character);
  }
  return texts;
}

const atoms = fc.constantFrom(
  'a',
  'b',
  'c',
  '1',
  '.',
  '[ab]',
  '[^a]',
  '[^]',
  '[]',
  '\\w',
  '\\W',
  '\\d',
  '\\s',
  '\\S',
  '🐲',
  '\\ud83d',
  '[🐲-🐻]',
  '\\p{L}',
  '[\\d_-]',
  '\\u{61}',
  '\\x62',
);
const assertions = fc.constantFrom('^', '$', '\\b', '\\B');
const quantifiers = fc.constantFrom(
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{0,2}',
  '{1,}',
  '{2,}',
  '{0}',
  '{1,3}?',
);

/** Builds patterns of every construct, valid with the flag u. */
export const randomPatterns: fc.Arbitrary<string> = fc.letrec<{ node: string; group: string }>(
  (tie) => ({
    group: tie('node').map((node) => `(?:${node})`),
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof({ weight: 4, arbitrary: atoms }, { weight: 1, arbitrary: assertions }),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}|${b})`),
      fc.tuple(tie('group'), quantifiers).map(([a, b]) => a + b),
    ),
  }),
).node;

/** Says that V8 and ECMA-262 may differ: V8 also tries `\B` inside of a surrogate pair, where there is no place. */
export function isEngineWrong(source: string, text: string): boolean {
  return source.includes('\\B') && /[\u{10000}-\u{10ffff}]/u.test(text);
}

/** Real patterns that are written with care, valid with the flag u: none has two ways to read one text. */
export const HARMLESS: readonly string[] = [
  '^\\d{4}-\\d{2}-\\d{2}$',
  '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
  '^([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?$',
  '^P(\\d+Y)?(\\d+M)?(\\d+D)?(T(\\d+H)?(\\d+M)?(\\d+S)?)?$',
  '^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\\.[a-zA-Z]{2,}$',
  "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
  '^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$',
  '^v?\\d+(\\.\\d+)*$',
  '^[a-z0-9]+(-[a-z0-9]+)*$',
  '^[a-z][a-z0-9]*(_[a-z0-9]+)*$',
  '^[A-Z][A-Z0-9_]*$',
  '^[A-Za-z_$][\\w$]*(\\.[A-Za-z_$][\\w$]*)*$',
  '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$',
  '^https?://[^\\s/$.?#][^\\s]*$',
  '^[a-z][a-z0-9+.-]*:',
  '^(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)$',
  '^((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)$',
  '^([0-9A-F]{2}:){5}[0-9A-F]{2}$',
  '^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?$',
  '^-?\\d{1,3}(,\\d{3})*(\\.\\d+)?$',
  '^\\+[1-9]\\d{1,14}$',
  '^[A-Z]{2}\\d{2}[A-Z0-9]{11,30}$',
  '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  '^/([^/]+/)*[^/]*$',
  '^sha256:[a-f0-9]{64}$',
  '^[^\\s]+(\\s+[^\\s]+)*$',
  '^"(?:[^"\\\\]|\\\\.)*"$',
  '^\\w+\\b.*\\bend$',
  '\\.(csv|json|parquet)(\\.gz)?$',
  '^x-',
  '^[a-z]{2}(-[A-Z]{2})?$',
  '^\\p{L}[\\p{L}\\p{N}_-]{0,62}$',
];
