import type {
  WitCase,
  WitInterfaceItem,
  WitLabel,
  WitMember,
  WitNoted,
  WitPackageName,
  WitPath,
  WitTypeDefinition,
  WitUse,
} from '#contracts/wit/ast';
import type { WitCursor } from '#contracts/wit/cursor';
import { readParam, readParams, readSignature, readType } from '#contracts/wit/parse-types';

/** Reads the documentation and gates before an item. */
export function readNoted(cursor: WitCursor): WitNoted {
  const { docs } = cursor.token;
  return { docs, gates: cursor.gates() };
}

/** Reads what stands in an interface, with both braces. */
export function readInterfaceBody(cursor: WitCursor): WitInterfaceItem[] {
  cursor.expect('{');
  const items = cursor.items(() => readInterfaceItem(cursor), true);
  cursor.expect('}');
  return items;
}

function readInterfaceItem(cursor: WitCursor): WitInterfaceItem {
  const noted = readNoted(cursor);
  if (cursor.is('use')) return readUse(cursor, noted);
  const definition = readTypeDefinition(cursor, noted);
  if (definition !== undefined) return definition;
  const name = cursor.name('a type, function or "use"');
  cursor.expect(':');
  const signature = readSignature(cursor);
  cursor.expect(';');
  return { kind: 'function', ...noted, name, signature };
}

/** Reads `use path.{a, b as c};`. */
export function readUse(cursor: WitCursor, noted: WitNoted): WitUse {
  cursor.expect('use');
  const path = readPath(cursor);
  cursor.expect('.');
  cursor.expect('{');
  const names = cursor.list('}', () => {
    const name = cursor.name();
    return { name, as: cursor.eat('as') ? cursor.name() : undefined };
  });
  cursor.expect(';');
  return { kind: 'use', ...noted, path, names };
}

/** Reads `name` or `namespace:package/name@version`. */
export function readPath(cursor: WitCursor): WitPath {
  const first = cursor.name();
  if (!cursor.eat(':')) return { package: undefined, name: first };
  return readPathAfter(cursor, { namespace: first, name: cursor.name() });
}

/** Reads `/name@version` after a package's name. */
export function readPathAfter(cursor: WitCursor, pack: Omit<WitPackageName, 'version'>): WitPath {
  cursor.expect('/');
  const name = cursor.name();
  const version = cursor.eat('@') ? cursor.version() : undefined;
  return { package: { ...pack, version }, name };
}

/** Reads a definition of a type; undefined, and nothing taken, when none begins here. */
export function readTypeDefinition(
  cursor: WitCursor,
  noted: WitNoted,
): WitTypeDefinition | undefined {
  const { kind, text } = cursor.token;
  if (kind !== 'keyword') return undefined;
  switch (text) {
    case 'type': {
      cursor.take();
      const name = cursor.name();
      cursor.expect('=');
      const type = readType(cursor);
      cursor.expect(';');
      return { kind: 'alias', ...noted, name, type };
    }
    case 'record': {
      const name = readHead(cursor);
      const fields = cursor.list('}', () => ({ docs: cursor.token.docs, ...readParam(cursor) }));
      return { kind: 'record', ...noted, name, fields };
    }
    case 'variant': {
      const name = readHead(cursor);
      return { kind: 'variant', ...noted, name, cases: cursor.list('}', () => readCase(cursor)) };
    }
    case 'enum':
    case 'flags': {
      const name = readHead(cursor);
      return { kind: text, ...noted, name, labels: cursor.list('}', () => readLabel(cursor)) };
    }
    case 'resource': {
      cursor.take();
      return { kind: 'resource', ...noted, name: cursor.name(), members: readMembers(cursor) };
    }
    default:
      return undefined;
  }
}

/** Reads the keyword, the name and the opening brace. */
function readHead(cursor: WitCursor) {
  cursor.take();
  const name = cursor.name();
  cursor.expect('{');
  return name;
}

function readLabel(cursor: WitCursor): WitLabel {
  return { docs: cursor.token.docs, name: cursor.name() };
}

function readCase(cursor: WitCursor): WitCase {
  const { docs } = cursor.token;
  const name = cursor.name();
  if (!cursor.eat('(')) return { docs, name, type: undefined };
  const type = readType(cursor);
  cursor.expect(')');
  return { docs, name, type };
}

function readMembers(cursor: WitCursor): WitMember[] {
  if (cursor.eat(';')) return [];
  cursor.expect('{');
  const members = cursor.items(() => readMember(cursor), true);
  cursor.expect('}');
  return members;
}

function readMember(cursor: WitCursor): WitMember {
  const noted = readNoted(cursor);
  const { at } = cursor.token;
  if (cursor.eat('constructor')) {
    const params = readParams(cursor);
    const result = cursor.eat('->') ? readType(cursor) : undefined;
    cursor.expect(';');
    return { kind: 'constructor', ...noted, at, signature: { async: false, params, result } };
  }
  const name = cursor.name('"constructor" or a name');
  cursor.expect(':');
  const kind = cursor.eat('static') ? 'static' : 'method';
  const signature = readSignature(cursor);
  cursor.expect(';');
  return { kind, ...noted, at, name, signature };
}
