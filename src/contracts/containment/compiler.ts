import type { DynamicScope } from '#contracts/containment/dynamic-scope';
import type { Literal } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';
import type { SchemaPlace } from '#contracts/json-schema/schema-place';

/** What the compilers of single groups of keywords need of the whole. */
export interface Compiler {
  readonly table: NodeTable;
  /** Whether `format` is a rule; else it is a remark. */
  readonly assertsFormats: boolean;
  /** Turns a schema into a statement. */
  compile(place: SchemaPlace, scope: DynamicScope): Literal;
  /** Gives what the references of a schema lead to. */
  references(
    place: SchemaPlace,
    scope: DynamicScope,
  ): readonly { readonly target: SchemaPlace | undefined; readonly literal: Literal }[];
  /** Says something that cannot be decided. */
  opaque(key: string, reason: string): Literal;
}

/** One schema to compile. */
export interface CompilePlace {
  readonly place: SchemaPlace;
  readonly scope: DynamicScope;
  readonly compiler: Compiler;
}
