import type { PatternBook } from '#contracts/containment/name-patterns';
import {
  domainOf,
  type Literal,
  type SchemaNode,
  TYPE_BITS,
  typeOf,
} from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import { compare, isMultipleOf, rationalOf } from '#contracts/containment/rational';
import { checkFormat } from '#contracts/format/check-format';
import { canonicalJson, type Json, type JsonObject } from '#domain/canonical-json';

/** Whether a statement holds for a value. */
export type Answer = 'yes' | 'no' | 'unknown';

/** Judges whole values by statements. */
export class Judge {
  readonly #table: NodeTable;
  readonly #patterns: PatternBook;
  readonly #open = new Map<number, Set<Json>>();
  readonly #judged = new WeakMap<object, Map<Literal, Answer>>();

  constructor(table: NodeTable, patterns: PatternBook) {
    this.#table = table;
    this.#patterns = patterns;
  }

  /** Says whether a value satisfies a statement. */
  judge(literal: Literal, value: Json): Answer {
    const positive = literal - (literal % 2);
    const answer =
      typeof value === 'object' && value !== null
        ? this.#judgeOnce(positive, value)
        : this.#judgePositive(positive, value);
    return literal === positive ? answer : opposite(answer);
  }

  /** Keeps what was said of an array or object: the same ones are parts of many values. */
  #judgeOnce(literal: Literal, value: Json & object): Answer {
    const known = this.#judged.get(value) ?? new Map<Literal, Answer>();
    this.#judged.set(value, known);
    const answer = known.get(literal) ?? this.#judgePositive(literal, value);
    known.set(literal, answer);
    return answer;
  }

  #judgePositive(literal: Literal, value: Json): Answer {
    const node = this.#table.node(literal);
    if ((domainOf(node) & TYPE_BITS[typeOf(value)]) === 0) return 'yes';
    return this.#judgeNode(node, value, literal);
  }

  #judgeNode(node: SchemaNode, value: Json, literal: Literal): Answer {
    switch (node.kind) {
      case 'true':
        return 'yes';
      case 'and':
        return every(node.parts, (part) => this.judge(part, value));
      case 'oneOf':
        return this.#judgeOneOf(node.parts, value);
      case 'type':
        return answerOf((node.types & TYPE_BITS[typeOf(value)]) !== 0);
      case 'enum':
        return answerOf(node.values.has(canonicalJson(value)));
      case 'ref':
        return this.#judgeRef(node.key, value, literal);
      case 'opaque':
        return 'unknown';
      default:
        return this.#judgeTyped(node, value);
    }
  }

  #judgeTyped(node: TypedNode, value: Json): Answer {
    if (typeof value === 'number') return judgeNumber(node, value);
    if (typeof value === 'string') return this.#judgeText(node, value);
    if (Array.isArray(value)) return this.#judgeArray(node, value);
    if (typeof value === 'object' && value !== null)
      return this.#judgeObject(node, value as JsonObject);
    return 'yes';
  }

  #judgeText(node: TypedNode, text: string): Answer {
    switch (node.kind) {
      case 'minLength':
        return answerOf(codePoints(text) >= node.count);
      case 'pattern': {
        const matches = this.#patterns.matches(node.source, text);
        return matches === undefined ? 'unknown' : answerOf(matches);
      }
      case 'format': {
        const verdict = checkFormat(node.name, text);
        if (verdict === 'unknown') return 'unknown';
        return answerOf(verdict === 'valid');
      }
      default:
        return 'yes';
    }
  }

  #judgeArray(node: TypedNode, items: readonly Json[]): Answer {
    switch (node.kind) {
      case 'minItems':
        return answerOf(items.length >= node.count);
      case 'uniqueItems':
        return answerOf(new Set(items.map((item) => canonicalJson(item))).size === items.length);
      case 'items':
        return every(items.slice(node.from, node.to), (item) => this.judge(node.each, item));
      case 'contains': {
        const answers = items.map((item) => this.judge(node.item, item));
        const sure = answers.filter((answer) => answer === 'yes').length;
        if (sure >= node.count) return 'yes';
        const possible = answers.filter((answer) => answer !== 'no').length;
        return possible >= node.count ? 'unknown' : 'no';
      }
      default:
        return 'yes';
    }
  }

  #judgeObject(node: TypedNode, object: JsonObject): Answer {
    switch (node.kind) {
      case 'minProperties':
        return answerOf(Object.keys(object).length >= node.count);
      case 'required':
        return answerOf(Object.hasOwn(object, node.name));
      case 'propertyNames':
        return every(Object.keys(object), (name) => this.judge(node.each, name));
      case 'names':
        return this.#judgeNames(node, object);
      default:
        return 'yes';
    }
  }

  #judgeNames(
    { matcher, each }: Extract<TypedNode, { kind: 'names' }>,
    object: JsonObject,
  ): Answer {
    if (matcher.kind === 'name') {
      const value = Object.hasOwn(object, matcher.name) ? object[matcher.name] : undefined;
      return value === undefined ? 'yes' : this.judge(each, value);
    }
    return every(Object.keys(object), (name) => {
      const isFor = this.#patterns.isFor(matcher, name);
      if (isFor === false) return 'yes';
      const answer = this.judge(each, object[name] ?? null);
      return isFor === undefined && answer !== 'yes' ? 'unknown' : answer;
    });
  }

  #judgeOneOf(parts: readonly Literal[], value: Json): Answer {
    const answers = parts.map((part) => this.judge(part, value));
    const sure = answers.filter((answer) => answer === 'yes').length;
    if (sure > 1) return 'no';
    if (answers.includes('unknown')) return 'unknown';
    return answerOf(sure === 1);
  }

  #judgeRef(key: string, value: Json, literal: Literal): Answer {
    const target = this.#table.target(key);
    if (target === undefined) return 'unknown';
    const id = literal >> 1;
    const open = this.#open.get(id) ?? new Set<Json>();
    this.#open.set(id, open);
    // A reference that leads back to itself without going into the value says nothing.
    if (open.has(value)) return 'unknown';
    open.add(value);
    try {
      return this.judge(target, value);
    } finally {
      open.delete(value);
    }
  }
}

type TypedNode = Exclude<
  SchemaNode,
  { kind: 'true' | 'and' | 'oneOf' | 'type' | 'enum' | 'ref' | 'opaque' }
>;

function judgeNumber(node: TypedNode, value: number): Answer {
  if (node.kind === 'minimum') {
    const order = compare(rationalOf(value), node.limit);
    return answerOf(node.exclusive ? order > 0 : order >= 0);
  }
  if (node.kind === 'multipleOf') return answerOf(isMultipleOf(rationalOf(value), node.factor));
  return 'yes';
}

/** Says yes when all are yes, no when one is no. */
export function every<T>(list: readonly T[], judge: (item: T) => Answer): Answer {
  let answer: Answer = 'yes';
  for (const item of list) {
    const one = judge(item);
    if (one === 'no') return 'no';
    if (one === 'unknown') answer = 'unknown';
  }
  return answer;
}

/** Counts the characters of a text as JSON Schema does. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function opposite(answer: Answer): Answer {
  if (answer === 'unknown') return 'unknown';
  return answer === 'yes' ? 'no' : 'yes';
}

function answerOf(holds: boolean): Answer {
  return holds ? 'yes' : 'no';
}
