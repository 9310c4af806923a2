/** What a template is made of. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | { readonly kind: 'set'; readonly name: string; readonly declares: boolean; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with';
      readonly pipe: Pipe;
      readonly body: Block;
      readonly otherwise: Block;
    }
  | {
      readonly kind: 'range';
      readonly names: readonly string[];
      readonly pipe: Pipe;
      readonly body: Block;
    }
  | { readonly kind: 'define'; readonly name: string; readonly body: Block };

export type Block = readonly Node[];
/** Commands, each of which gets what the one before gave as its last argument. */
export type Pipe = readonly Command[];
export type Command = readonly Operand[];
export type Operand =
  | { readonly kind: 'value'; readonly value: string | number | boolean }
  | { readonly kind: 'path'; readonly root: string; readonly keys: readonly string[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe };

const ACTION = /\{\{(- )?\s*(\/\*[\s\S]*?\*\/|[\s\S]*?)\s*( -)?\}\}/g;
const TOKEN =
  /"(?:[^"\\]|\\.)*"|:=|=|\||\(|\)|,|\$?[\w]*(?:\.\w+)+|\$\w*|\.|-?\d+(?![\w.])|[A-Za-z]\w*|\S/g;

interface Piece {
  readonly action: boolean;
  readonly text: string;
}

/** Cuts a text at its actions, and takes away the white space that they ask to have taken away. */
function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimsNext = false;
  const pushText = (text: string, trimsEnd: boolean): void => {
    const begun = trimsNext ? text.trimStart() : text;
    pieces.push({ action: false, text: trimsEnd ? begun.trimEnd() : begun });
  };
  for (const match of source.matchAll(ACTION)) {
    pushText(source.slice(at, match.index), match[1] !== undefined);
    pieces.push({ action: true, text: match[2] ?? '' });
    trimsNext = match[3] !== undefined;
    at = match.index + match[0].length;
  }
  pushText(source.slice(at), false);
  if (pieces.some(({ action, text }) => !action && text.includes('{{')))
    throw new Error('An action has no end');
  return pieces;
}

/** Reads a template of the subset that the chart keeps to. @throws Error for everything outside of it */
export function parseTemplate(source: string): Block {
  const pieces = piecesOf(source);
  const cursor = { at: 0 };
  const block = parseBlock(pieces, cursor);
  if (cursor.at < pieces.length)
    throw new Error(`Nothing is open before ${pieces[cursor.at]?.text}`);
  return block;
}

function parseBlock(pieces: readonly Piece[], cursor: { at: number }): Block {
  const nodes: Node[] = [];
  for (; cursor.at < pieces.length; cursor.at += 1) {
    const piece = pieces[cursor.at];
    if (piece === undefined) break;
    if (!piece.action) nodes.push({ kind: 'text', text: piece.text });
    else if (/^(end|else)\b/.test(piece.text)) return nodes;
    else if (!piece.text.startsWith('/*')) nodes.push(parseAction(piece.text, pieces, cursor));
  }
  return nodes;
}

function parseAction(text: string, pieces: readonly Piece[], cursor: { at: number }): Node {
  const [, word = '', rest = ''] = /^(if|with|range|define)\s+([\s\S]*)$/.exec(text) ?? [];
  if (word === '') return parseSimple(text);
  cursor.at += 1;
  const body = parseBlock(pieces, cursor);
  const isElse = pieces[cursor.at]?.text === 'else';
  if (isElse) cursor.at += 1;
  const otherwise = isElse ? parseBlock(pieces, cursor) : [];
  if (pieces[cursor.at]?.text !== 'end') throw new Error(`Nothing ends {{ ${text} }}`);
  if (isElse && word !== 'if' && word !== 'with') throw new Error(`{{ ${word} }} has no else here`);
  if (word === 'define') return { kind: 'define', name: JSON.parse(rest) as string, body };
  if (word === 'if' || word === 'with')
    return { kind: word, pipe: parsePipe(rest), body, otherwise };
  const [, names = '', from = rest] =
    /^((?:\$\w+)(?:,\s*\$\w+)?)\s*:=\s*([\s\S]*)$/.exec(rest) ?? [];
  const variables = names === '' ? [] : names.split(/,\s*/);
  return { kind: 'range', names: variables, pipe: parsePipe(from), body };
}

function parseSimple(text: string): Node {
  const [, name, sign, rest = ''] = /^(\$\w+)\s*(:?=)\s*([\s\S]*)$/.exec(text) ?? [];
  if (name !== undefined)
    return { kind: 'set', name, declares: sign === ':=', pipe: parsePipe(rest) };
  return { kind: 'print', pipe: parsePipe(text) };
}

function parsePipe(text: string): Pipe {
  const tokens = text.match(TOKEN) ?? [];
  const cursor = { at: 0 };
  const pipe = pipeFrom(tokens, cursor);
  if (cursor.at < tokens.length)
    throw new Error(`Cannot read {{ ${text} }} from "${tokens[cursor.at]}" on`);
  return pipe;
}

function pipeFrom(tokens: readonly string[], cursor: { at: number }): Pipe {
  const commands: Operand[][] = [[]];
  for (; cursor.at < tokens.length && tokens[cursor.at] !== ')'; cursor.at += 1) {
    const token = tokens[cursor.at] ?? '';
    if (token === '|') commands.push([]);
    else commands.at(-1)?.push(operandFrom(token, tokens, cursor));
  }
  if (commands.some((command) => command.length === 0)) throw new Error('A command is empty');
  return commands;
}

function operandFrom(token: string, tokens: readonly string[], cursor: { at: number }): Operand {
  if (token === '(') {
    cursor.at += 1;
    const pipe = pipeFrom(tokens, cursor);
    if (tokens[cursor.at] !== ')') throw new Error('A bracket is open');
    return { kind: 'pipe', pipe };
  }
  if (token.startsWith('"')) return { kind: 'value', value: JSON.parse(token) as string };
  if (/^-?\d+$/.test(token)) return { kind: 'value', value: Number(token) };
  if (token === 'true' || token === 'false') return { kind: 'value', value: token === 'true' };
  if (token === '.') return { kind: 'path', root: '.', keys: [] };
  if (/^(\$\w*)?(\.\w+)*$/.test(token)) {
    const [root = '', ...keys] = token.split('.');
    return { kind: 'path', root: root === '' ? '.' : root, keys };
  }
  if (/^[A-Za-z]\w*$/.test(token)) return { kind: 'name', name: token };
  throw new Error(`"${token}" is outside of the subset of templates`);
}
