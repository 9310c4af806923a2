import type {
  WitExtern,
  WitFile,
  WitGate,
  WitInterfaceItem,
  WitItem,
  WitMember,
  WitName,
  WitNestedPackage,
  WitNoted,
  WitPackageName,
  WitPath,
  WitTypeDefinition,
  WitUse,
  WitWorldItem,
} from '#contracts/wit/ast';
import { nameText, printParams, printSignature, printType } from '#contracts/wit/print-types';

/**
 * Prints WIT in its one canonical form: two spaces a level, one item a line or block, documentation as `///`. Reading the
 * answer gives the same file again but for places. Comments that document nothing are not part of a file and are lost.
 */
export function printWit(file: WitFile): string {
  const { head, items } = file;
  const first =
    head === undefined ? [] : [[...docLines(head.docs), `package ${packageText(head.name)};`]];
  const blocks = [...first, ...items.map(itemLines)];
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function itemLines(item: WitItem | WitNestedPackage): string[] {
  switch (item.kind) {
    case 'file-use': {
      const as = item.as === undefined ? '' : ` as ${nameText(item.as)}`;
      return [`use ${pathText(item.path)}${as};`];
    }
    case 'package': {
      const head = `package ${packageText(item.head.name)}`;
      return [...docLines(item.head.docs), ...block(head, item.items.map(itemLines))];
    }
    case 'interface': {
      const lines = item.items.map(interfaceItemLines);
      return [...noteLines(item), ...block(`interface ${nameText(item.name)}`, lines)];
    }
    default: {
      const lines = item.items.map(worldItemLines);
      return [...noteLines(item), ...block(`world ${nameText(item.name)}`, lines)];
    }
  }
}

function interfaceItemLines(item: WitInterfaceItem): string[] {
  if (item.kind === 'use') return useLines(item);
  if (item.kind !== 'function') return definitionLines(item);
  return [...noteLines(item), `${nameText(item.name)}: ${printSignature(item.signature)};`];
}

function worldItemLines(item: WitWorldItem): string[] {
  switch (item.kind) {
    case 'use':
      return useLines(item);
    case 'import':
    case 'export':
      return [...noteLines(item), ...externLines(item.kind, item.extern)];
    case 'include': {
      const renames = item.renames.map(({ name, as }) => `${nameText(name)} as ${nameText(as)}`);
      const end = renames.length === 0 ? ';' : ` with { ${renames.join(', ')} }`;
      return [...noteLines(item), `include ${pathText(item.path)}${end}`];
    }
    default:
      return definitionLines(item);
  }
}

function externLines(word: 'import' | 'export', extern: WitExtern): string[] {
  switch (extern.kind) {
    case 'path':
      return [`${word} ${pathText(extern.path)};`];
    case 'labelled':
      return [`${word} ${nameText(extern.name)}: ${pathText(extern.path)};`];
    case 'function':
      return [`${word} ${nameText(extern.name)}: ${printSignature(extern.signature)};`];
    default: {
      const head = `${word} ${nameText(extern.name)}: interface`;
      return block(head, extern.items.map(interfaceItemLines));
    }
  }
}

function useLines(use: WitUse): string[] {
  const names = use.names.map(({ name, as }) =>
    as === undefined ? nameText(name) : `${nameText(name)} as ${nameText(as)}`,
  );
  return [...noteLines(use), `use ${pathText(use.path)}.{${names.join(', ')}};`];
}

function definitionLines(definition: WitTypeDefinition): string[] {
  const head = `${definition.kind} ${nameText(definition.name)}`;
  const notes = noteLines(definition);
  switch (definition.kind) {
    case 'alias':
      return [...notes, `type ${nameText(definition.name)} = ${printType(definition.type)};`];
    case 'record': {
      const lines = definition.fields.map(({ docs, name, type }) =>
        partLines(docs, name, `: ${printType(type)}`),
      );
      return [...notes, ...block(head, lines)];
    }
    case 'variant': {
      const lines = definition.cases.map(({ docs, name, type }) =>
        partLines(docs, name, type === undefined ? '' : `(${printType(type)})`),
      );
      return [...notes, ...block(head, lines)];
    }
    case 'resource':
      return definition.members.length === 0
        ? [...notes, `${head};`]
        : [...notes, ...block(head, definition.members.map(memberLines))];
    default: {
      const lines = definition.labels.map(({ docs, name }) => partLines(docs, name, ''));
      return [...notes, ...block(head, lines)];
    }
  }
}

function partLines(docs: string | undefined, name: WitName, rest: string): string[] {
  return [...docLines(docs), `${nameText(name)}${rest},`];
}

function memberLines(member: WitMember): string[] {
  const { signature } = member;
  if (member.kind === 'constructor') {
    return [...noteLines(member), `constructor${printParams(signature)};`];
  }
  const word = member.kind === 'static' ? 'static ' : '';
  return [...noteLines(member), `${nameText(member.name)}: ${word}${printSignature(signature)};`];
}

function block(head: string, parts: readonly (readonly string[])[]): string[] {
  if (parts.length === 0) return [`${head} {}`];
  const inner = parts.flat().map((line) => `  ${line}`);
  return [`${head} {`, ...inner, '}'];
}

function noteLines(noted: WitNoted): string[] {
  return [...docLines(noted.docs), ...noted.gates.map(gateText)];
}

function docLines(docs: string | undefined): string[] {
  if (docs === undefined) return [];
  return docs.split('\n').map((line) => (line === '' ? '///' : `/// ${line}`));
}

function gateText(gate: WitGate): string {
  if (gate.kind !== 'unstable') return `@${gate.kind}(version = ${gate.version})`;
  return `@unstable(feature = ${nameText({ text: gate.feature })})`;
}

function packageText({ namespace, name, version }: WitPackageName): string {
  const bare = `${nameText(namespace)}:${nameText(name)}`;
  return version === undefined ? bare : `${bare}@${version}`;
}

function pathText(path: WitPath): string {
  if (path.package === undefined) return nameText(path.name);
  const { namespace, name, version } = path.package;
  const bare = `${nameText(namespace)}:${nameText(name)}/${nameText(path.name)}`;
  return version === undefined ? bare : `${bare}@${version}`;
}
