import {
  EVERY_TYPE,
  FALSE,
  type Literal,
  type NameMatcher,
  not,
  type SchemaNode,
  TRUE,
} from '#contracts/containment/node';
import { canonicalJson, type Json } from '#domain/canonical-json';

/** How many different statements one comparison may make. */
export const NODES_MAX = 400_000;

/** Thrown when a comparison takes more room or time than it was given. */
export class ComparisonStopped extends Error {}

/** Keeps every statement once: equal ones have one number. */
export class NodeTable {
  readonly #nodes: SchemaNode[] = [{ kind: 'true' }];
  readonly #ids = new Map<string, Literal>([['true', TRUE]]);
  readonly #targets = new Map<string, Literal>();

  /** How many statements there are. */
  get size(): number {
    return this.#nodes.length;
  }

  /** Gives the node of a literal, whether it is denied or not. */
  node(literal: Literal): SchemaNode {
    const node = this.#nodes[literal >> 1];
    if (node === undefined) throw new RangeError(`Cannot find node ${literal >> 1}`);
    return node;
  }

  /** Says that all of these hold. */
  and(parts: readonly Literal[]): Literal {
    const flat = new Set<Literal>();
    for (const part of parts) {
      if (part === FALSE) return FALSE;
      if (part === TRUE) continue;
      const node = this.node(part);
      if (node.kind === 'and' && part % 2 === 0) for (const inner of node.parts) flat.add(inner);
      else flat.add(part);
    }
    const sorted = [...flat];
    // Most are: they come from a sorted list with one or two more.
    if (!isSorted(sorted)) sorted.sort((a, b) => a - b);
    for (const part of sorted) if (part % 2 === 0 && flat.has(part + 1)) return FALSE;
    const [first] = sorted;
    if (first === undefined) return TRUE;
    if (sorted.length === 1) return first;
    return this.#intern(`and ${sorted.join(' ')}`, { kind: 'and', parts: sorted });
  }

  /** Says that one of these holds, or several. */
  or(parts: readonly Literal[]): Literal {
    return not(this.and(parts.map(not)));
  }

  /** Says that exactly one of these holds. */
  oneOf(parts: readonly Literal[]): Literal {
    const kept = parts.filter((part) => part !== FALSE).sort((a, b) => a - b);
    const [first] = kept;
    if (first === undefined) return FALSE;
    if (kept.length === 1) return first;
    if (kept.filter((part) => part === TRUE).length > 1) return FALSE;
    return this.#intern(`oneOf ${kept.join(' ')}`, { kind: 'oneOf', parts: kept });
  }

  type(types: number): Literal {
    if (types === EVERY_TYPE) return TRUE;
    if (types === 0) return FALSE;
    return this.#intern(`type ${types}`, { kind: 'type', types });
  }

  enum(list: Iterable<Json>): Literal {
    const byText = [...list].map((value): [string, Json] => [canonicalJson(value), value]);
    byText.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    const values = new Map(byText);
    if (values.size === 0) return FALSE;
    return this.#intern(`enum ${[...values.keys()].join(' ')}`, { kind: 'enum', values });
  }

  /** Says something that needs no rule of its own to be kept once. */
  plain(
    node: Exclude<
      SchemaNode,
      { kind: 'true' | 'and' | 'oneOf' | 'type' | 'enum' | 'items' | 'names' | 'propertyNames' }
    >,
  ): Literal {
    switch (node.kind) {
      case 'minimum': {
        const { limit, exclusive } = node;
        return this.#intern(`minimum ${limit.over}/${limit.under} ${exclusive}`, node);
      }
      case 'multipleOf':
        return this.#intern(`multipleOf ${node.factor.over}/${node.factor.under}`, node);
      case 'minLength':
      case 'minItems':
      case 'minProperties':
        return node.count <= 0 ? TRUE : this.#intern(`${node.kind} ${node.count}`, node);
      case 'pattern':
        return this.#intern(`pattern ${node.source}`, node);
      case 'format':
      case 'required':
        return this.#intern(`${node.kind} ${node.name}`, node);
      case 'uniqueItems':
        return this.#intern(node.kind, node);
      case 'contains':
        if (node.count <= 0) return TRUE;
        return this.#intern(`contains ${node.item} ${node.count}`, node);
      case 'ref':
      case 'opaque':
        return this.#intern(`${node.kind} ${node.key}`, node);
      default:
        return node satisfies never;
    }
  }

  /** Says what holds for the items from an index on, up to and without another. */
  items(range: { readonly from: number; readonly to: number }, each: Literal): Literal {
    const { from, to } = range;
    if (each === TRUE || from >= to) return TRUE;
    return this.#intern(`items ${from} ${to} ${each}`, { kind: 'items', from, to, each });
  }

  /** Says what holds for the values under the names that match. */
  names(matcher: NameMatcher, each: Literal): Literal {
    if (each === TRUE) return TRUE;
    return this.#intern(`names ${each} ${matcherKey(matcher)}`, { kind: 'names', matcher, each });
  }

  propertyNames(each: Literal): Literal {
    if (each === TRUE) return TRUE;
    return this.#intern(`propertyNames ${each}`, { kind: 'propertyNames', each });
  }

  /** Says what a ref stands for. */
  setTarget(key: string, target: Literal): void {
    if (!this.#targets.has(key)) this.#targets.set(key, target);
  }

  target(key: string): Literal | undefined {
    return this.#targets.get(key);
  }

  #intern(key: string, node: SchemaNode): Literal {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.length >= NODES_MAX) {
      throw new ComparisonStopped(`it needs more than ${NODES_MAX} statements`);
    }
    const literal = this.#nodes.push(node) * 2 - 2;
    this.#ids.set(key, literal);
    return literal;
  }
}

function matcherKey(matcher: NameMatcher): string {
  switch (matcher.kind) {
    case 'name':
      return `name ${matcher.name}`;
    case 'pattern':
      return `pattern ${matcher.source}`;
    case 'other':
      return `other ${JSON.stringify([matcher.names, matcher.patterns])}`;
    default:
      return matcher satisfies never;
  }
}

function isSorted(list: readonly number[]): boolean {
  for (let at = 1; at < list.length; at += 1)
    if ((list[at - 1] ?? 0) > (list[at] ?? 0)) return false;
  return true;
}
