import {
  WIT_PRIMITIVES,
  type WitParam,
  type WitPrimitive,
  type WitSignature,
  type WitType,
} from '#contracts/wit/ast';
import type { WitCursor } from '#contracts/wit/cursor';

const PRIMITIVES: ReadonlySet<string> = new Set(WIT_PRIMITIVES);
/** The length of a list of fixed length is an unsigned integer of 32 bits. */
const LENGTH_MAX = 0xffff_ffff;

/** Reads a type. */
export function readType(cursor: WitCursor): WitType {
  return cursor.deeper(() => readTypeHere(cursor));
}

function readTypeHere(cursor: WitCursor): WitType {
  const { at, kind, text } = cursor.token;
  if (kind === 'id') return { kind: 'named', name: cursor.name(), at };
  if (kind !== 'keyword') return cursor.fail('a type');
  if (PRIMITIVES.has(text)) {
    cursor.take();
    return { kind: 'primitive', name: text as WitPrimitive, at };
  }
  switch (text) {
    case 'own':
    case 'borrow':
      cursor.take();
      return { kind: text, resource: inAngles(cursor, () => cursor.name()), at };
    case 'option':
      cursor.take();
      return { kind: 'option', element: inAngles(cursor, () => readType(cursor)), at };
    case 'future':
    case 'stream': {
      cursor.take();
      const element = cursor.is('<') ? inAngles(cursor, () => readType(cursor)) : undefined;
      return { kind: text, element, at };
    }
    case 'tuple':
      cursor.take();
      cursor.expect('<');
      return { kind: 'tuple', elements: cursor.list('>', () => readType(cursor)), at };
    case 'list':
      cursor.take();
      return { kind: 'list', ...inAngles(cursor, () => readListParts(cursor)), at };
    case 'map':
      cursor.take();
      return { kind: 'map', ...inAngles(cursor, () => readMapParts(cursor)), at };
    case 'result':
      cursor.take();
      return { kind: 'result', ...readResultParts(cursor), at };
    default:
      return cursor.fail('a type');
  }
}

function inAngles<T>(cursor: WitCursor, read: () => T): T {
  cursor.expect('<');
  const inner = read();
  cursor.expect('>');
  return inner;
}

function readListParts(cursor: WitCursor): { element: WitType; length: number | undefined } {
  const element = readType(cursor);
  if (!cursor.eat(',')) return { element, length: undefined };
  if (cursor.token.kind !== 'integer' || cursor.token.text.startsWith('0')) {
    return cursor.fail('a length');
  }
  const length = Number(cursor.token.text);
  if (length > LENGTH_MAX) return cursor.fail(`at most ${LENGTH_MAX}`);
  cursor.take();
  return { element, length };
}

function readMapParts(cursor: WitCursor): { key: WitType; value: WitType } {
  const key = readType(cursor);
  cursor.expect(',');
  return { key, value: readType(cursor) };
}

function readResultParts(cursor: WitCursor): {
  ok: WitType | undefined;
  error: WitType | undefined;
} {
  if (!cursor.eat('<')) return { ok: undefined, error: undefined };
  const skipped = cursor.eat('_');
  const ok = skipped ? undefined : readType(cursor);
  if (skipped) cursor.expect(',');
  const error = skipped || cursor.eat(',') ? readType(cursor) : undefined;
  cursor.expect('>');
  return { ok, error };
}

/** Reads `async func(a: t) -> t` without the semicolon. */
export function readSignature(cursor: WitCursor): WitSignature {
  const async = cursor.eat('async');
  cursor.expect('func');
  const params = readParams(cursor);
  const result = cursor.eat('->') ? readType(cursor) : undefined;
  return { async, params, result };
}

/** Reads the parameters with both parentheses. */
export function readParams(cursor: WitCursor): WitParam[] {
  cursor.expect('(');
  return cursor.list(')', () => readParam(cursor));
}

/** Reads `name: type`. */
export function readParam(cursor: WitCursor): WitParam {
  const name = cursor.name();
  cursor.expect(':');
  return { name, type: readType(cursor) };
}
