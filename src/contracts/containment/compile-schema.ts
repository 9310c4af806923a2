import { compileArrays } from '#contracts/containment/compile-arrays';
import { compileObjects } from '#contracts/containment/compile-objects';
import { compileScalars } from '#contracts/containment/compile-scalars';
import { compileUnevaluated } from '#contracts/containment/compile-unevaluated';
import type { Compiler } from '#contracts/containment/compiler';
import { DynamicScope } from '#contracts/containment/dynamic-scope';
import { FALSE, type Literal, not, TRUE } from '#contracts/containment/node';
import { ComparisonStopped, type NodeTable } from '#contracts/containment/node-table';
import { recursionKey } from '#contracts/containment/recursion';
import { refHidesSiblings } from '#contracts/json-schema/dialect';
import {
  childList,
  childOf,
  keywordsOf,
  type SchemaPlace,
} from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';

export interface CompileOptions {
  /** Whether `format` is a rule; else it is a remark. */
  readonly assertsFormats: boolean;
}

/** How deep schemas may lie in each other: what is deeper would overflow the stack. */
const DEPTH_MAX = 500;

/** Turns the schemas of one set into statements. Schemas that mean the same by their form become the same statement. */
export class SchemaCompiler implements Compiler {
  readonly table: NodeTable;
  readonly set: SchemaSet;
  readonly assertsFormats: boolean;
  readonly #made = new Map<SchemaPlace, Map<string, Literal>>();
  readonly #recursive = new Map<SchemaPlace, string | undefined>();
  #depth = 0;

  constructor(table: NodeTable, set: SchemaSet, { assertsFormats }: CompileOptions) {
    this.table = table;
    this.set = set;
    this.assertsFormats = assertsFormats;
  }

  compile(
    place: SchemaPlace,
    scope: DynamicScope,
    { isTarget }: { isTarget: boolean } = { isTarget: false },
  ): Literal {
    const inner = scope.enter(place.resource);
    const byScope = this.#made.get(place) ?? new Map<string, Literal>();
    this.#made.set(place, byScope);
    const made = byScope.get(inner.key);
    if (made !== undefined) return made;
    if (this.#depth >= DEPTH_MAX) {
      throw new ComparisonStopped(`its schemas lie deeper in each other than ${DEPTH_MAX}`);
    }
    // Every circle leads through the target of a reference.
    const key = isTarget ? this.#recursionKeyOf(place) : undefined;
    const ref = key === undefined ? undefined : `${key} ${inner.key}`;
    // Known before its content is compiled, so that a schema may lead back to itself.
    if (ref !== undefined) byScope.set(inner.key, this.table.plain({ kind: 'ref', key: ref }));
    this.#depth += 1;
    const literal = this.#compileContent(place, inner);
    this.#depth -= 1;
    if (ref !== undefined) this.table.setTarget(ref, literal);
    const known = ref === undefined ? literal : (byScope.get(inner.key) ?? literal);
    byScope.set(inner.key, known);
    return known;
  }

  #compileContent(place: SchemaPlace, scope: DynamicScope): Literal {
    if (place.schema === true) return TRUE;
    if (place.schema === false) return FALSE;
    const references = this.references(place, scope).map(({ literal }) => literal);
    if (references.length > 0 && refHidesSiblings(place.dialect)) return this.table.and(references);
    const at = { place, scope, compiler: this };
    return this.table.and([
      ...references,
      ...compileScalars(at),
      ...compileArrays(at),
      ...compileObjects(at),
      ...this.#compileLogic(place, scope),
      ...compileUnevaluated(at),
    ]);
  }

  #compileLogic(place: SchemaPlace, scope: DynamicScope): Literal[] {
    const { table } = this;
    const list = (keyword: string): Literal[] =>
      childList(place, keyword).map((child) => this.compile(child, scope));
    const found = list('allOf');
    const { anyOf, oneOf } = keywordsOf(place);
    if (anyOf !== undefined) found.push(table.or(list('anyOf')));
    if (oneOf !== undefined) found.push(table.oneOf(list('oneOf')));
    const denied = childOf(place, 'not');
    if (denied !== undefined) found.push(not(this.compile(denied, scope)));
    const condition = childOf(place, 'if');
    if (condition === undefined) return found;
    const holds = this.compile(condition, scope);
    for (const [keyword, guard] of [
      ['then', not(holds)],
      ['else', holds],
    ] as const) {
      const branch = childOf(place, keyword);
      if (branch !== undefined) found.push(table.or([guard, this.compile(branch, scope)]));
    }
    return found;
  }

  /** Gives what the references of a schema lead to, with the scope in which it is read. */
  references(
    place: SchemaPlace,
    scope: DynamicScope,
  ): readonly { readonly target: SchemaPlace | undefined; readonly literal: Literal }[] {
    return scope.targetsOf(place, this.set).map(({ reference, target }) => {
      const missing = `${place.resource.uri} ${reference}`;
      return {
        target,
        literal:
          target === undefined
            ? this.opaque(`unresolved ${missing}`, `"${reference}" leads nowhere`)
            : this.compile(target, scope, { isTarget: true }),
      };
    });
  }

  opaque(key: string, reason: string): Literal {
    return this.table.plain({ kind: 'opaque', key, reason });
  }

  #recursionKeyOf(place: SchemaPlace): string | undefined {
    if (this.#recursive.has(place)) return this.#recursive.get(place);
    const key = recursionKey(place, this.set);
    this.#recursive.set(place, key);
    return key;
  }
}

/** Compiles the root of a set. @throws ComparisonStopped when it is too large */
export function compileRoot(table: NodeTable, set: SchemaSet, options: CompileOptions): Literal {
  return new SchemaCompiler(table, set, options).compile(set.root, DynamicScope.empty);
}
