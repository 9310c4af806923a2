/**
 * Writes a JSON array of objects as one object a line (NDJSON). The text is only cut, not read: numbers keep all their
 * digits.
 */
export function jsonLines(array: string): string {
  let lines = '';
  let [depth, start, isInText] = [0, -1, false];
  for (let at = 0; at < array.length; at += 1) {
    const character = array[at];
    if (isInText) {
      if (character === '\\') at += 1;
      else if (character === '"') isInText = false;
      continue;
    }
    if (character === '"') isInText = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth === 2 && start < 0) start = at;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 1 && start >= 0) {
        lines += `${array.slice(start, at + 1)}\n`;
        start = -1;
      }
    }
  }
  return lines;
}

/** Tells whether a client prefers one JSON value a line, by its `Accept`. */
export function wantsLines(accept: string | undefined): boolean {
  return accept !== undefined && /application\/(x-)?(ndjson|jsonlines|jsonl)/i.test(accept);
}
