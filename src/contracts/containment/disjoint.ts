import type { Judge } from '#contracts/containment/judge';
import {
  EVERY_TYPE,
  FALSE,
  type Literal,
  not,
  type SchemaNode,
  TYPE_BITS,
  typeOf,
} from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';

/** How deep and how wide it is looked: the point is to be quick where the answer lies open. */
const DEPTH_MAX = 4;
const VALUES_MAX = 64;
const WAYS_MAX = 16;

/**
 * Finds statements that no value satisfies together, where that can be seen at a glance: by their types, by their values,
 * or by a property that both require with such statements. That is how most unions of objects are told apart.
 */
export class Disjointness {
  readonly #table: NodeTable;
  readonly #judge: Judge;
  readonly #known = new Map<string, boolean>();
  readonly #parts = new Map<Literal, readonly Part[]>();
  readonly #unions = new Map<Literal, readonly (readonly Literal[])[]>();

  constructor(table: NodeTable, judge: Judge) {
    this.#table = table;
    this.#judge = judge;
  }

  /** Says whether it lies open that no value satisfies both. "No" says nothing. */
  areDisjoint(a: Literal, b: Literal, depth = 0): boolean {
    if (a === b) return false;
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (depth > DEPTH_MAX) return false;
    const answer = this.#look(a, b, depth);
    this.#known.set(key, answer);
    return answer;
  }

  #look(a: Literal, b: Literal, depth: number): boolean {
    if (this.#table.and([a, b]) === FALSE) return true;
    const [first, second] = [this.#partsOf(a), this.#partsOf(b)];
    const types = typesOf(first) & typesOf(second);
    if (types === 0) return true;
    if (this.#valuesRefused(first, b) || this.#valuesRefused(second, a)) return true;
    const typed = this.#table.type(types);
    // The ways of a union need not say again of which type they are.
    const [whole, other] = [a, b].map((literal) => this.#table.and([typed, literal]));
    if (whole === undefined || other === undefined) return false;
    if (this.#waysDisjoint(a, { other, typed, depth })) return true;
    if (this.#waysDisjoint(b, { other: whole, typed, depth })) return true;
    if (types !== TYPE_BITS.object) return false;
    if (closes(first, second) || closes(second, first)) return true;
    const [left, right] = [propertiesOf(first), propertiesOf(second)];
    for (const [name, rules] of left) {
      const others = right.get(name) ?? [];
      if (rules.some((rule) => others.some((other) => this.areDisjoint(rule, other, depth + 1))))
        return true;
    }
    return false;
  }

  #valuesRefused(parts: readonly Part[], other: Literal): boolean {
    for (const { node, isDenied } of parts) {
      if (node.kind !== 'enum' || isDenied || node.values.size > VALUES_MAX) continue;
      if ([...node.values.values()].every((value) => this.#judge.judge(other, value) === 'no'))
        return true;
    }
    return false;
  }

  /** Says whether a union has only ways that are disjoint from the other statement. */
  #waysDisjoint(
    union: Literal,
    {
      other,
      typed,
      depth,
    }: { readonly other: Literal; readonly typed: Literal; readonly depth: number },
  ): boolean {
    return this.#unionsOf(union).some(
      (ways) =>
        ways.length <= WAYS_MAX &&
        ways.every((way) => this.areDisjoint(this.#table.and([typed, way]), other, depth + 1)),
    );
  }

  /** Lists the unions in a statement: of each, one statement holds. */
  #unionsOf(literal: Literal): readonly (readonly Literal[])[] {
    const known = this.#unions.get(literal) ?? this.#findUnions(literal);
    this.#unions.set(literal, known);
    return known;
  }

  #findUnions(literal: Literal): readonly (readonly Literal[])[] {
    const node = this.#table.node(literal);
    if (literal % 2 === 1) return node.kind === 'and' ? [node.parts.map(not)] : [];
    if (node.kind === 'oneOf') return [node.parts];
    if (node.kind !== 'and') return [];
    return node.parts.flatMap((part) => this.#unionsOf(part));
  }

  #partsOf(literal: Literal): readonly Part[] {
    const known = this.#parts.get(literal) ?? this.#takeApart(literal);
    this.#parts.set(literal, known);
    return known;
  }

  #takeApart(literal: Literal): readonly Part[] {
    const node = this.#table.node(literal);
    const isDenied = literal % 2 === 1;
    if (isDenied) return [{ node, isDenied }];
    if (node.kind === 'and') return node.parts.flatMap((part) => this.#onePart(part));
    return this.#onePart(literal);
  }

  #onePart(literal: Literal): readonly Part[] {
    const node = this.#table.node(literal);
    const target =
      node.kind === 'ref' && literal % 2 === 0 ? this.#table.target(node.key) : undefined;
    const inner = target === undefined ? node : this.#table.node(target);
    if (target === undefined) return [{ node, isDenied: literal % 2 === 1 }];
    if (inner.kind !== 'and' || target % 2 === 1)
      return [{ node: inner, isDenied: target % 2 === 1 }];
    return inner.parts.map((part) => ({ node: this.#table.node(part), isDenied: part % 2 === 1 }));
  }
}

interface Part {
  readonly node: SchemaNode;
  readonly isDenied: boolean;
}

function typesOf(parts: readonly Part[]): number {
  let types = EVERY_TYPE;
  for (const { node, isDenied } of parts) {
    if (node.kind === 'type') types &= isDenied ? EVERY_TYPE - node.types : node.types;
    if (node.kind === 'enum' && !isDenied) {
      let bits = 0;
      for (const value of node.values.values()) bits |= TYPE_BITS[typeOf(value)];
      types &= bits;
    }
  }
  return types;
}

/** Lists what must hold for the properties that are required by name. */
function propertiesOf(parts: readonly Part[]): ReadonlyMap<string, readonly Literal[]> {
  const required = new Set<string>();
  for (const { node, isDenied } of parts)
    if (node.kind === 'required' && !isDenied) required.add(node.name);
  const found = new Map<string, Literal[]>();
  for (const { node, isDenied } of parts) {
    if (node.kind !== 'names' || isDenied || node.matcher.kind !== 'name') continue;
    const { name } = node.matcher;
    if (required.has(name)) found.set(name, [...(found.get(name) ?? []), node.each]);
  }
  return found;
}

/** Says whether some statements allow no name but a few, and others require another one. */
function closes(closing: readonly Part[], requiring: readonly Part[]): boolean {
  return closing.some(({ node, isDenied }) => {
    if (node.kind !== 'names' || isDenied || node.each !== FALSE) return false;
    const { matcher } = node;
    if (matcher.kind !== 'other' || matcher.patterns.length > 0) return false;
    return requiring.some(
      ({ node: other, isDenied: isAbsent }) =>
        other.kind === 'required' && !isAbsent && !matcher.names.includes(other.name),
    );
  });
}
