const TOKEN = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const STEP = '  ';

/**
 * Writes a text of JSON over lines; any other stays as it is. Only the space between tokens changes: a number has all its
 * digits, and a key that stands twice stays twice.
 */
export function indentedJson(text: string): string {
  if (!isJson(text)) return text;
  let written = '';
  let depth = 0;
  let before = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const isEnd = token === '}' || token === ']';
    const isOpened = before === '{' || before === '[';
    if (isEnd) depth -= 1;
    if (isEnd ? !isOpened : isOpened || before === ',') written += `\n${STEP.repeat(depth)}`;
    if (token === '{' || token === '[') depth += 1;
    written += token === ':' ? ': ' : token;
    before = token;
  }
  return written;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
