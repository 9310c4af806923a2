import type { Disjointness } from '#contracts/containment/disjoint';
import {
  domainOf,
  FALSE,
  type Literal,
  not,
  type SchemaNode,
  TRUE,
  TYPE_BITS,
  typeOf,
  VALUE_TYPES,
  type ValueType,
} from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import type { Json, JsonObject } from '#domain/canonical-json';

/** How many pairs of an `oneOf` are told apart: more are looked at one by one when it comes to that. */
const OVERLAPS_MAX = 64;

/** Says what a statement comes to for values of one type: what speaks of other types falls away. */
export class TypedForms {
  readonly #table: NodeTable;
  readonly #disjointness: Disjointness;
  readonly #made = new Map<string, Literal>();
  readonly #open = new Set<string>();

  constructor(table: NodeTable, disjointness: Disjointness) {
    this.#table = table;
    this.#disjointness = disjointness;
  }

  of(literal: Literal, type: ValueType): Literal {
    const positive = literal - (literal % 2);
    const form = this.#positive(positive, type);
    return literal === positive ? form : not(form);
  }

  #positive(literal: Literal, type: ValueType): Literal {
    const key = `${literal} ${type}`;
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const form = this.#make(this.#table.node(literal), literal, { type, key });
    this.#made.set(key, form);
    return form;
  }

  #make(
    node: SchemaNode,
    literal: Literal,
    { type, key }: { readonly type: ValueType; readonly key: string },
  ): Literal {
    const table = this.#table;
    switch (node.kind) {
      case 'type':
        return (node.types & TYPE_BITS[type]) === 0 ? FALSE : TRUE;
      case 'enum': {
        const values = [...node.values.values()].filter((value) => typeOf(value) === type);
        if (type === 'null') return values.length > 0 ? TRUE : FALSE;
        if (type !== 'array' && type !== 'object') return table.enum(values);
        return table.or(values.map((value) => this.#structure(value)));
      }
      case 'and':
        return table.and(node.parts.map((part) => this.of(part, type)));
      case 'oneOf':
        return this.#oneOf(
          node.parts.map((part) => this.of(part, type)),
          type,
        );
      case 'ref': {
        const target = table.target(node.key);
        if (target === undefined || this.#open.has(key)) {
          const reason = 'a reference leads back to itself without going into the value';
          return table.plain({ kind: 'opaque', key: `loop ${node.key}`, reason });
        }
        this.#open.add(key);
        const form = this.of(target, type);
        this.#open.delete(key);
        return form;
      }
      default:
        return (domainOf(node) & TYPE_BITS[type]) === 0 ? TRUE : literal;
    }
  }

  /** Exactly one is one or several, and no two of those that can hold together. */
  #oneOf(parts: readonly Literal[], type: ValueType): Literal {
    const table = this.#table;
    const kept = parts.filter((part) => part !== FALSE);
    // The form of a part has lost its type, which is what most tell apart.
    const typed = kept.map((part) => table.and([table.type(TYPE_BITS[type]), part]));
    const overlaps = typed.flatMap((part, at) =>
      typed.slice(at + 1).flatMap((other, behind) => {
        if (this.#disjointness.areDisjoint(part, other)) return [];
        return [table.and([kept[at] ?? FALSE, kept[at + 1 + behind] ?? FALSE])];
      }),
    );
    if (overlaps.length > OVERLAPS_MAX) return table.oneOf(kept);
    return table.and([table.or(kept), ...overlaps.map(not)]);
  }

  /** Says in the words of schemas that a value is this array or this object, so that it can be denied in parts. */
  #structure(value: Json): Literal {
    const table = this.#table;
    if (Array.isArray(value)) {
      const items = value.map((item: Json, index) =>
        table.items({ from: index, to: index + 1 }, table.enum([item])),
      );
      const [least, more] = [value.length, value.length + 1].map((count) =>
        table.plain({ kind: 'minItems', count }),
      );
      return table.and([...items, least ?? TRUE, not(more ?? FALSE)]);
    }
    const entries = Object.entries(value as JsonObject);
    const names = entries.map(([name]) => name).sort();
    return table.and([
      ...names.map((name) => table.plain({ kind: 'required', name })),
      ...entries.map(([name, inner]) => table.names({ kind: 'name', name }, table.enum([inner]))),
      table.names({ kind: 'other', names, patterns: [] }, FALSE),
    ]);
  }

  /** Lists the types that a statement leaves possible. */
  possible(literal: Literal): readonly ValueType[] {
    return VALUE_TYPES.filter((type) => this.of(literal, type) !== FALSE);
  }
}
