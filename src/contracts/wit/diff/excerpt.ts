import type { WitGate } from '#contracts/wit/ast';
import { nameText } from '#contracts/wit/print-types';
import { ownerOf } from '#contracts/wit/resolve-interface';
import type {
  ResolvedExtern,
  ResolvedFunction,
  ResolvedType,
  WitRef,
} from '#contracts/wit/resolved';

/** How long a piece of WIT in a change may be, in UTF-16 units; a longer one ends with an ellipsis. */
export const WIT_EXCERPT_LENGTH_MAX = 400;

/** Cuts a text to `WIT_EXCERPT_LENGTH_MAX`. */
export function excerpt(text: string): string {
  if (text.length <= WIT_EXCERPT_LENGTH_MAX) return text;
  // Half of a surrogate pair is no character.
  const kept = text.slice(0, WIT_EXCERPT_LENGTH_MAX - 1).replace(/[\ud800-\udbff]$/, '');
  return `${kept}…`;
}

/** Writes a type by the names that it is known under where it is defined. */
export function refText(ref: WitRef): string {
  switch (ref.kind) {
    case 'primitive':
      return ref.name;
    case 'type':
    case 'own':
      return localName(ref.key);
    case 'borrow':
      return `borrow<${localName(ref.key)}>`;
    case 'tuple':
      return `tuple<${ref.elements.map(refText).join(', ')}>`;
    case 'map':
      return `map<${refText(ref.key)}, ${refText(ref.value)}>`;
    case 'list': {
      const length = ref.length === undefined ? '' : `, ${ref.length}`;
      return `list<${refText(ref.element)}${length}>`;
    }
    case 'result': {
      if (ref.ok === undefined && ref.error === undefined) return 'result';
      const ok = ref.ok === undefined ? '_' : refText(ref.ok);
      return ref.error === undefined ? `result<${ok}>` : `result<${ok}, ${refText(ref.error)}>`;
    }
    case 'option':
    case 'future':
    case 'stream':
      return ref.element === undefined ? ref.kind : `${ref.kind}<${refText(ref.element)}>`;
    default:
      return ref satisfies never;
  }
}

function localName(key: string): string {
  return nameText({ text: key.slice(key.lastIndexOf('#') + 1) });
}

/** Gives the name that a function is called by: `fields.get` for `[method]fields.get`, `r.constructor` for its constructor. */
export function functionName({ kind, name }: ResolvedFunction): string {
  const bare = name.slice(name.indexOf(']') + 1);
  return kind === 'constructor' ? `${bare}.constructor` : bare;
}

/** Writes a function as it stands in its interface or resource. */
export function functionText(value: ResolvedFunction): string {
  const { kind } = value;
  const params = kind === 'method' ? value.params.slice(1) : value.params;
  const inner = params.map(({ name, type }) => `${nameText({ text: name })}: ${refText(type)}`);
  const list = `(${inner.join(', ')})`;
  // A constructor returns its resource without saying so.
  const silent = kind === 'constructor' && value.result?.kind === 'own';
  const result = value.result === undefined || silent ? '' : ` -> ${refText(value.result)}`;
  if (kind === 'constructor') return excerpt(`constructor${list}${result};`);
  const bare = value.name.slice(value.name.indexOf(']') + 1);
  const text = nameText({ text: bare.slice(bare.indexOf('.') + 1) });
  const words = `${kind === 'static' ? 'static ' : ''}${value.async ? 'async ' : ''}func`;
  return excerpt(`${text}: ${words}${list}${result};`);
}

/** Writes a definition on one line. */
export function typeText(type: ResolvedType): string {
  const { shape } = type;
  const name = nameText({ text: type.name });
  switch (shape.kind) {
    case 'alias':
      return excerpt(aliasText(type, shape.type));
    case 'resource':
      return `resource ${name};`;
    case 'record':
      return excerpt(`record ${name} { ${shape.fields.map(partText).join(', ')} }`);
    case 'variant':
      return excerpt(`variant ${name} { ${shape.cases.map(caseText).join(', ')} }`);
    case 'enum':
    case 'flags':
      return excerpt(`${shape.kind} ${name} { ${shape.labels.map(partText).join(', ')} }`);
    default:
      return shape satisfies never;
  }
}

function aliasText({ key, name }: ResolvedType, target: WitRef): string {
  const local = nameText({ text: name });
  const owner = target.kind === 'type' ? ownerOf(target.key) : '';
  // An alias of what another interface defines can only come from a `use`.
  if (target.kind !== 'type' || owner === ownerOf(key))
    return `type ${local} = ${refText(target)};`;
  const used = localName(target.key);
  return `use ${owner}.{${used === local ? used : `${used} as ${local}`}};`;
}

/** Writes a parameter, a field, or a label alone. */
export function partText(part: { readonly name: string; readonly type?: WitRef }): string {
  const name = nameText({ text: part.name });
  return part.type === undefined ? name : excerpt(`${name}: ${refText(part.type)}`);
}

/** Writes a case of a variant. */
export function caseText(part: {
  readonly name: string;
  readonly type?: WitRef | undefined;
}): string {
  const name = nameText({ text: part.name });
  return part.type === undefined ? name : excerpt(`${name}(${refText(part.type)})`);
}

/** Writes what a world imports or exports. `key` is the name it has there. */
export function externText(side: 'import' | 'export', key: string, extern: ResolvedExtern): string {
  switch (extern.kind) {
    case 'function':
      return excerpt(`${side} ${functionText(extern.value)}`);
    case 'type':
      return typeText(extern.value);
    case 'interface':
      if (extern.id === key) return excerpt(`${side} ${extern.id};`);
      return excerpt(
        extern.id.includes('#') ? `${side} ${key}: interface;` : `${side} ${key}: ${extern.id};`,
      );
    default:
      return extern satisfies never;
  }
}

/** Writes gates as they stand before an item; an empty text where there is none. */
export function gatesText(gates: readonly WitGate[]): string {
  const texts = gates.map((gate) =>
    gate.kind === 'unstable'
      ? `@unstable(feature = ${nameText({ text: gate.feature })})`
      : `@${gate.kind}(version = ${gate.version})`,
  );
  return excerpt(texts.join(' '));
}
