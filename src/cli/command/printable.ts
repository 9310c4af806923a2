// Control characters, and those that turn the direction of a line: a publisher's text must not move a reader's cursor.
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Writes a text so that a terminal only shows it: what is not seen becomes `\uXXXX`. One line stays one line. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, (unit) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${hex}`;
  });
}

/** The same for a text of several lines, which it keeps. */
export function printableLines(text: string): readonly string[] {
  return text.split('\n').map(printable);
}

/** Writes a value as one line of JSON that any program reads as it is, and that moves no cursor where somebody looks at it. */
export function jsonLine(value: unknown): string {
  // What is not seen can only stand inside of texts, and there its escape means the same.
  return `${printable(JSON.stringify(value))}\n`;
}
