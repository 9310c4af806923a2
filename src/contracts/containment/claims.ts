import type { Disjointness } from '#contracts/containment/disjoint';
import { FALSE, type Literal, type NameMatcher, not, TRUE } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';

/** How many pairs of an `oneOf` are told apart when it is denied. */
const ONE_OF_MAX = 300;

/** What claims about one value look things up in. */
export interface ClaimSurroundings {
  readonly table: NodeTable;
  readonly disjointness: Disjointness;
  /** The ways of every choice that was met. */
  readonly ways: Map<Literal, readonly Literal[]>;
}

/**
 * What is claimed of one value of one type: plain statements, which all hold, and choices, of each of which one way must
 * hold. Claims are taken up one by one; `isPossible` turns false when two of them deny each other.
 */
export class Claims {
  isPossible: boolean;
  readonly #surroundings: ClaimSurroundings;
  readonly #plain: Set<Literal>;
  readonly #claimed: Set<Literal>;
  #choices: Literal[];
  #all: Literal | undefined;
  #closed: readonly Extract<NameMatcher, { kind: 'other' }>[] | undefined;
  #rules: ReadonlyMap<string, readonly Literal[]> | undefined;

  constructor(surroundings: ClaimSurroundings, from?: Claims) {
    this.#surroundings = surroundings;
    this.#plain = new Set(from === undefined ? [] : from.#plain);
    this.#claimed = new Set(from === undefined ? [] : from.#claimed);
    this.#choices = from === undefined ? [] : [...from.#choices];
    this.isPossible = from?.isPossible ?? true;
  }

  /** Gives the same claims and one more, settled. */
  with(literal: Literal): Claims {
    const claims = new Claims(this.#surroundings, this);
    claims.add(literal);
    claims.settle();
    return claims;
  }

  /** All plain statements as one. */
  get plain(): Literal {
    this.#all ??= this.#surroundings.table.and([...this.#plain]);
    return this.#all;
  }

  /** Gives all plain statements and those of one way more; `FALSE` where it is denied. */
  plainWith(way: Literal): Literal {
    const { table } = this.#surroundings;
    const parts = this.#parts(way);
    if (parts.some((part) => this.#claimed.has(not(part)))) return FALSE;
    const plain = parts.filter((part) => {
      const { kind } = table.node(part);
      return kind !== 'and' && kind !== 'oneOf';
    });
    return table.and([this.plain, ...plain]);
  }

  /**
   * Lists for each part of a way that speaks of the values under some names what such a value must satisfy: one of these
   * must be possible. That costs far less to look at than the whole object. `undefined` where it cannot be told so.
   */
  valuesFor(way: Literal): readonly (readonly Literal[])[] | undefined {
    const parts = this.#parts(way).map((part) => this.#valuesForPart(part));
    const known = parts.filter((part) => part !== undefined);
    return known.length === 0 ? undefined : known;
  }

  #valuesForPart(part: Literal): readonly Literal[] | undefined {
    const { table } = this.#surroundings;
    const node = table.node(part);
    if (node.kind !== 'names' || part % 2 === 0) return undefined;
    const { matcher } = node;
    const valueOf = (name: string): Literal => table.and([...this.#rulesFor(name), not(node.each)]);
    if (matcher.kind === 'name') return [valueOf(matcher.name)];
    if (matcher.kind === 'pattern') return undefined;
    // Where no other names are allowed, it is one of those that are.
    const closing = this.#closings().find(({ patterns }) =>
      patterns.every((source) => matcher.patterns.includes(source)),
    );
    return closing?.names.filter((name) => !matcher.names.includes(name)).map(valueOf);
  }

  /** Lists the claims that no names but some are allowed. */
  #closings(): readonly Extract<NameMatcher, { kind: 'other' }>[] {
    this.#closed ??= [...this.#plain].flatMap((claimed) => {
      const node = this.#surroundings.table.node(claimed);
      const closes = node.kind === 'names' && claimed % 2 === 0 && node.each === FALSE;
      return closes && node.matcher.kind === 'other' ? [node.matcher] : [];
    });
    return this.#closed;
  }

  /** Claims a statement. */
  add(literal: Literal): void {
    if (literal === TRUE || this.#claimed.has(literal)) return;
    if (literal === FALSE || this.#claimed.has(not(literal))) {
      this.isPossible = false;
      return;
    }
    this.#claimed.add(literal);
    const { kind } = this.#surroundings.table.node(literal);
    if (kind === 'and' && literal % 2 === 0) {
      for (const part of this.#parts(literal)) this.add(part);
    } else if (kind === 'and' || kind === 'oneOf') this.#choices.push(literal);
    else {
      this.#plain.add(literal);
      this.#rules = undefined;
      this.#all = undefined;
      this.#closed = undefined;
    }
  }

  /** Drops ways that are impossible and choices that hold already; claims what has one way left. */
  settle(): void {
    let changed = true;
    while (changed && this.isPossible) {
      changed = false;
      for (const choice of this.#choices) {
        const ways = this.#waysOf(choice);
        if (ways === undefined) {
          this.#choices = this.#choices.filter((other) => other !== choice);
          continue;
        }
        const [only] = ways;
        if (ways.length > 1) continue;
        this.#choices = this.#choices.filter((other) => other !== choice);
        changed = true;
        this.add(only ?? FALSE);
      }
    }
  }

  /** Lists the open choices, each with the ways that are left. */
  choices(): readonly (readonly Literal[])[] {
    return this.#choices.map((choice) => this.#waysOf(choice) ?? [TRUE]);
  }

  /** Gives the ways of a choice that nothing denies yet; `undefined` when it holds already. */
  #waysOf(choice: Literal): readonly Literal[] | undefined {
    const ways: Literal[] = [];
    for (const way of this.#allWaysOf(choice)) {
      const parts = this.#parts(way);
      if (parts.every((part) => this.#holds(part))) return undefined;
      if (!parts.some((part) => part === FALSE || this.#claimed.has(not(part)))) ways.push(way);
    }
    return ways;
  }

  #allWaysOf(choice: Literal): readonly Literal[] {
    const { table, ways } = this.#surroundings;
    const known = ways.get(choice) ?? waysOf(table, choice);
    ways.set(choice, known);
    return known;
  }

  /** Says whether a statement is claimed, or a required property has a value that makes it hold. */
  #holds(literal: Literal): boolean {
    if (literal === TRUE || this.#claimed.has(literal)) return true;
    const { table, disjointness } = this.#surroundings;
    const node = table.node(literal);
    if (node.kind !== 'names' || literal % 2 === 0 || node.matcher.kind !== 'name') return false;
    const { name } = node.matcher;
    if (!this.#plain.has(table.plain({ kind: 'required', name }))) return false;
    return this.#rulesFor(name).some((rule) => disjointness.areDisjoint(rule, node.each));
  }

  /** Lists what is claimed of the value under a name. */
  #rulesFor(name: string): readonly Literal[] {
    // Made when it is first asked for, and anew after a claim: most claims are never asked.
    this.#rules ??= this.#indexRules();
    return this.#rules.get(name) ?? [];
  }

  #indexRules(): ReadonlyMap<string, readonly Literal[]> {
    const rules = new Map<string, Literal[]>();
    for (const claimed of this.#plain) {
      const node = this.#surroundings.table.node(claimed);
      if (node.kind !== 'names' || claimed % 2 === 1 || node.matcher.kind !== 'name') continue;
      const { name } = node.matcher;
      const known = rules.get(name);
      if (known === undefined) rules.set(name, [node.each]);
      else known.push(node.each);
    }
    return rules;
  }

  #parts(literal: Literal): readonly Literal[] {
    const node = this.#surroundings.table.node(literal);
    return node.kind === 'and' && literal % 2 === 0 ? node.parts : [literal];
  }
}

/** Lists the ways in which a denied `and` or a `oneOf` can hold. */
function waysOf(table: NodeTable, choice: Literal): readonly Literal[] {
  const node = table.node(choice);
  const isDenied = choice % 2 === 1;
  if (node.kind === 'and') return node.parts.map(not);
  if (node.kind !== 'oneOf') return [choice];
  const { parts } = node;
  if (!isDenied) {
    return parts.map((part, at) =>
      table.and([part, ...parts.filter((_, other) => other !== at).map(not)]),
    );
  }
  if (parts.length * parts.length > 2 * ONE_OF_MAX) {
    // None of them, or some one of them and another one too.
    return [
      table.and(parts.map(not)),
      ...parts.map((part, at) => table.and([part, table.or(parts.filter((_, i) => i > at))])),
    ];
  }
  const pairs = parts.flatMap((part, at) =>
    parts.slice(at + 1).map((other) => table.and([part, other])),
  );
  return [table.and(parts.map(not)), ...pairs];
}
