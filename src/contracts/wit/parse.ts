import type {
  WitExtern,
  WitFault,
  WitFile,
  WitInclude,
  WitItem,
  WitNestedPackage,
  WitNoted,
  WitPackageHead,
  WitPath,
  WitPort,
  WitWorldItem,
} from '#contracts/wit/ast';
import { WIT_FAULTS_MAX, WitCursor } from '#contracts/wit/cursor';
import {
  readInterfaceBody,
  readNoted,
  readPath,
  readPathAfter,
  readTypeDefinition,
  readUse,
} from '#contracts/wit/parse-items';
import { readSignature } from '#contracts/wit/parse-types';

/** How long one text may be, in UTF-16 units. The largest file of WASI has 30,000. */
export const WIT_TEXT_LENGTH_MAX = 1_048_576;

export type WitParsed =
  | { readonly kind: 'parsed'; readonly file: WitFile }
  | { readonly kind: 'refused'; readonly faults: readonly WitFault[] };

/**
 * Reads one WIT text. Never throws; in time linear in the text. After a fault the next item is read, so that several
 * faults (at most `WIT_FAULTS_MAX`, at least one) are told in the order of the text; the first is exact, a later one may
 * follow from one before it. Documentation is what the comments right before an item say, plain ones too: so do the
 * tools of the component model.
 */
export function parseWit(text: string): WitParsed {
  if (text.length > WIT_TEXT_LENGTH_MAX) {
    const message = `Cannot read WIT: is ${text.length} characters long (want at most ${WIT_TEXT_LENGTH_MAX})`;
    return { kind: 'refused', faults: [{ line: 1, column: 1, message, rule: 'limit' }] };
  }
  const cursor = new WitCursor(text);
  const heads: WitPackageHead[] = [];
  const items = cursor.items(() => readFileItem(cursor, heads), false).flat();
  if (cursor.faults.length > 0) {
    return { kind: 'refused', faults: cursor.faults.slice(0, WIT_FAULTS_MAX) };
  }
  return { kind: 'parsed', file: { head: heads[0], items } };
}

/** Reads an item of a file. The `package` line goes to `heads`: it must be the first thing of its file. */
function readFileItem(
  cursor: WitCursor,
  heads: WitPackageHead[],
): readonly (WitItem | WitNestedPackage)[] {
  if (!cursor.is('package')) return [readItem(cursor)];
  const first = cursor.first;
  const { docs } = cursor.take();
  const namespace = cursor.name();
  cursor.expect(':');
  const name = cursor.name();
  const version = cursor.eat('@') ? cursor.version() : undefined;
  const head: WitPackageHead = { docs, name: { namespace, name, version } };
  if (first && cursor.eat(';')) {
    heads.push(head);
    return [];
  }
  cursor.expect('{');
  const items = cursor.items(() => readItem(cursor), true);
  cursor.expect('}');
  return [{ kind: 'package', head, items }];
}

function readItem(cursor: WitCursor): WitItem {
  const noted = readNoted(cursor);
  if (noted.gates.length === 0 && cursor.eat('use')) {
    const path = readPath(cursor);
    const as = cursor.eat('as') ? cursor.name() : undefined;
    cursor.expect(';');
    return { kind: 'file-use', path, as };
  }
  if (cursor.eat('interface')) {
    const name = cursor.name();
    return { kind: 'interface', ...noted, name, items: readInterfaceBody(cursor) };
  }
  if (!cursor.eat('world')) return cursor.fail('"interface", "world", "use" or "package"');
  const name = cursor.name();
  cursor.expect('{');
  const items = cursor.items(() => readWorldItem(cursor), true);
  cursor.expect('}');
  return { kind: 'world', ...noted, name, items };
}

function readWorldItem(cursor: WitCursor): WitWorldItem {
  const noted = readNoted(cursor);
  if (cursor.is('use')) return readUse(cursor, noted);
  if (cursor.eat('include')) return readInclude(cursor, noted);
  if (cursor.eat('import')) return readPort(cursor, 'import', noted);
  if (cursor.eat('export')) return readPort(cursor, 'export', noted);
  return (
    readTypeDefinition(cursor, noted) ??
    cursor.fail('"import", "export", "include", "use" or a type')
  );
}

function readInclude(cursor: WitCursor, noted: WitNoted): WitInclude {
  const path = readPath(cursor);
  if (!cursor.eat('with')) {
    cursor.expect(';');
    return { kind: 'include', ...noted, path, renames: [] };
  }
  cursor.expect('{');
  const renames = cursor.list('}', () => {
    const name = cursor.name();
    cursor.expect('as');
    return { name, as: cursor.name() };
  });
  return { kind: 'include', ...noted, path, renames };
}

function readPort(cursor: WitCursor, kind: 'import' | 'export', noted: WitNoted): WitPort {
  return { kind, ...noted, extern: readExtern(cursor) };
}

function readExtern(cursor: WitCursor): WitExtern {
  const { end } = cursor.token;
  const name = cursor.name();
  if (!cursor.eat(':')) {
    cursor.expect(';');
    return { kind: 'path', path: { package: undefined, name } };
  }
  if (cursor.eat('interface')) return { kind: 'interface', name, items: readInterfaceBody(cursor) };
  if (cursor.is('func') || cursor.is('async')) {
    const signature = readSignature(cursor);
    cursor.expect(';');
    return { kind: 'function', name, signature };
  }
  // `a:b` in one piece is a package, `a: b` a name for the interface `b`.
  const inOnePiece = cursor.token.start === end + 1;
  const second = cursor.name('"func", "async", "interface" or a name');
  if (inOnePiece || cursor.is('/')) {
    const path = readPathAfter(cursor, { namespace: name, name: second });
    cursor.expect(';');
    return { kind: 'path', path };
  }
  const path: WitPath = cursor.eat(':')
    ? readPathAfter(cursor, { namespace: second, name: cursor.name() })
    : { package: undefined, name: second };
  cursor.expect(';');
  return { kind: 'labelled', name, path };
}
