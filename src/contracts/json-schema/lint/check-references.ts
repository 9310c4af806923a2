import type { Dialect } from '#contracts/json-schema/dialect';
import { SUBSCHEMAS_MAX } from '#contracts/json-schema/lint/check-limits';
import type { LintFindings } from '#contracts/json-schema/lint/lint-findings';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import { quote } from '#domain/errors';

/** A reference that was resolved. */
export interface ResolvedReference {
  readonly keyword: string;
  readonly target: SchemaPlace;
}

/** Every schema that can be reached from a root, each with what it refers to. */
export type ReferenceGraph = ReadonlyMap<SchemaPlace, readonly ResolvedReference[]>;

/**
 * Resolves every reference in a schema and in the registered schemas that it leads to, each place visited once however
 * many references lead to it. What cannot be resolved is a fault. Meta-schemas are taken to be right.
 */
export function checkReferences(
  set: SchemaSet,
  references: { has(key: string): boolean },
  findings: LintFindings,
): ReferenceGraph {
  const graph = new Map<SchemaPlace, readonly ResolvedReference[]>();
  const left = [set.root];
  let ownCount = 0;
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const isOurs = place.document === '' || references.has(place.document);
    if (graph.has(place) || !isOurs) continue;
    if (place.document === '') ownCount += 1;
    if (ownCount > SUBSCHEMAS_MAX) {
      // Pointers into data make schemas of it, and overlapping ones make the same schemas again and again.
      const message = `Cannot accept schema: its references make more than ${SUBSCHEMAS_MAX} subschemas of it (want them to places that keywords hold)`;
      findings.fault('schema-too-large', { pointer: '', document: '' }, message);
      return graph;
    }
    const resolved = resolveAll(set, place, findings);
    graph.set(place, resolved);
    // What is put last is looked at first: the schemas inside, in their order.
    for (const { target } of resolved) left.push(target);
    for (const child of [...place.children.values()].toReversed()) left.push(child);
  }
  return graph;
}

function resolveAll(
  set: SchemaSet,
  place: SchemaPlace,
  findings: LintFindings,
): readonly ResolvedReference[] {
  const resolved: ResolvedReference[] = [];
  const keywords = keywordsOf(place);
  for (const keyword of referenceKeywords(place.dialect)) {
    const reference = keywords[keyword];
    if (typeof reference !== 'string') continue;
    const target = set.resolve(place, reference);
    if (target !== undefined) resolved.push({ keyword, target });
    else {
      findings.fault(
        'ref-unresolved',
        { pointer: `${place.pointer}/${keyword}`, document: place.document },
        `Cannot resolve ${keyword} ${quote(reference)}: names no schema that is known (want a place in this schema, a registered schema or the meta-schema of a draft; nothing is ever fetched)`,
      );
    }
  }
  return resolved;
}

function referenceKeywords(dialect: Dialect): readonly string[] {
  switch (dialect) {
    case 'draft-04':
    case 'draft-06':
    case 'draft-07':
      return ['$ref'];
    case '2019-09':
      return ['$ref', '$recursiveRef'];
    case '2020-12':
      return ['$ref', '$dynamicRef'];
    default:
      return dialect satisfies never;
  }
}
