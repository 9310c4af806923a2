import type { WitSignature, WitType } from '#contracts/wit/ast';
import { WIT_KEYWORDS } from '#contracts/wit/tokens';

/** Writes a name as it must stand in a text: a keyword gets its `%`. */
export function nameText(name: { readonly text: string }): string {
  return WIT_KEYWORDS.has(name.text) ? `%${name.text}` : name.text;
}

/** Writes a type. */
export function printType(type: WitType): string {
  switch (type.kind) {
    case 'primitive':
      return type.name;
    case 'named':
      return nameText(type.name);
    case 'own':
    case 'borrow':
      return `${type.kind}<${nameText(type.resource)}>`;
    case 'list': {
      const length = type.length === undefined ? '' : `, ${type.length}`;
      return `list<${printType(type.element)}${length}>`;
    }
    case 'tuple':
      return `tuple<${type.elements.map(printType).join(', ')}>`;
    case 'map':
      return `map<${printType(type.key)}, ${printType(type.value)}>`;
    case 'result': {
      if (type.ok === undefined && type.error === undefined) return 'result';
      const ok = type.ok === undefined ? '_' : printType(type.ok);
      return type.error === undefined ? `result<${ok}>` : `result<${ok}, ${printType(type.error)}>`;
    }
    default:
      return type.element === undefined ? type.kind : `${type.kind}<${printType(type.element)}>`;
  }
}

/** Writes `async func(a: t) -> t`. */
export function printSignature(signature: WitSignature): string {
  return `${signature.async ? 'async ' : ''}func${printParams(signature)}`;
}

/** Writes `(a: t) -> t`. */
export function printParams({ params, result }: WitSignature): string {
  const inner = params.map(({ name, type }) => `${nameText(name)}: ${printType(type)}`);
  const end = result === undefined ? '' : ` -> ${printType(result)}`;
  return `(${inner.join(', ')})${end}`;
}
