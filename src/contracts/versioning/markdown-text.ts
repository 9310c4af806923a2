/** How long a text may be shown, in UTF-16 units; a longer one ends with an ellipsis. */
export const MARKDOWN_TEXT_LENGTH_MAX = 2000;

// Any ASCII punctuation mark may stand behind a backslash (CommonMark 0.31.2, section 2.4). These act within a line, in
// Markdown or in a usual extension of it; what acts at the beginning of a line alone is seen to there.
const ACTIVE_MARKS = /[!#$%&*+<=>[\\\]^_`{|}~]/g;
const LEADING_MARK = /^(?:[!-/:-@[-`{-~]|\d+(?=[.)]$))/;
// Marks that turn the direction of text let a line read other than it is.
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const BLANKS = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** What common extensions of Markdown link of their own accord, whatever is escaped in it. */
const LINK_MARKS = /:\/\/|www\.|@|mailto:|xmpp:/i;

/**
 * Writes a text of somebody else so that Markdown shows it as it is, on one line: no markup, HTML, entity or link. A word
 * that an extension would make a link (an address of the web or of mail, a mention) stands as code, where none is made.
 */
export function markdownText(text: string): string {
  const line = text.replace(DIRECTION_MARKS, '').replace(BLANKS, ' ').trim();
  if (line === '') return '';
  return cut(line)
    .split(' ')
    .map((word, index) => (LINK_MARKS.test(word) ? codeText(word) : plainText(word, index === 0)))
    .join(' ');
}

function cut(line: string): string {
  if (line.length <= MARKDOWN_TEXT_LENGTH_MAX) return line;
  // Half of a surrogate pair is no character.
  const kept = line.slice(0, MARKDOWN_TEXT_LENGTH_MAX).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}…`;
}

function plainText(word: string, first: boolean): string {
  const inert = word.replace(ACTIVE_MARKS, '\\$&');
  if (!first || inert.startsWith('\\')) return inert;
  // A mark is escaped before itself; after a number, as in "1.", the escape goes between.
  return inert.replace(LEADING_MARK, (lead) => (/\d/.test(lead) ? `${lead}\\` : `\\${lead}`));
}

function codeText(word: string): string {
  const runs = word.match(/`+/g) ?? [];
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
  // A space keeps the fence apart from a backtick at an end; Markdown takes one off on either side.
  const inner = word.startsWith('`') || word.endsWith('`') ? ` ${word} ` : word;
  return `${fence}${inner}${fence}`;
}
