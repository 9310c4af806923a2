import { parseStrictJson } from '#contracts/json/parse-strict-json';
import {
  DEFAULT_DIALECT,
  DIALECTS,
  type Dialect,
  dialectOf,
  metaSchemaUri,
} from '#contracts/json-schema/dialect';
import { checkLimits } from '#contracts/json-schema/lint/check-limits';
import { checkMetaSchema, checkUniqueness } from '#contracts/json-schema/lint/check-meta-schema';
import { PatternChecks } from '#contracts/json-schema/lint/check-patterns';
import { checkReferenceLoops } from '#contracts/json-schema/lint/check-reference-loops';
import { checkReferences } from '#contracts/json-schema/lint/check-references';
import { LintFindings, type LintResult } from '#contracts/json-schema/lint/lint-findings';
import { warnContradictions } from '#contracts/json-schema/lint/warn-contradictions';
import { warnIgnoredKeywords } from '#contracts/json-schema/lint/warn-ignored-keywords';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json, JsonObject } from '#domain/canonical-json';
import { quote } from '#domain/errors';

const ROOT = { pointer: '', document: '' } as const;

/** What a schema may refer to. */
export interface LintOptions {
  /** The JSON texts of registered schemas, by the URI that `$ref` names them by. They were linted when registered. */
  readonly references: ReadonlyMap<string, string>;
}

/**
 * Checks that a text is a JSON Schema that everybody reads alike: strict JSON, a known draft (without `$schema` 2020-12),
 * valid under its meta-schema, every reference known, no loop, no pattern that is wrong or dangerous, of bounded size.
 * Everything is told at once, with its place. Time is bounded by the limits, and nothing is ever fetched.
 */
export function lintSchema(text: string, options: LintOptions): LintResult {
  const findings = new LintFindings();
  const draft = lint(text, options.references, findings);
  return findings.result(draft, text, options.references);
}

function lint(
  text: string,
  references: ReadonlyMap<string, string>,
  findings: LintFindings,
): Dialect | undefined {
  const read = parseStrictJson(text);
  if (read.kind === 'refused') {
    findings.unread(read.faults, '');
    return undefined;
  }
  const schema = read.value;
  const dialect = declaredDialect(schema, findings);
  if (dialect === undefined || !checkLimits(schema, findings)) return dialect;
  const set = new SchemaSet(schema, { references: readAll(references, findings) });
  for (const { pointer, name } of set.document.twice) {
    const message = `Cannot name schema ${quote(name)}: is the name of another one too (want every name once)`;
    findings.fault('id-duplicate', { pointer, document: '' }, message);
  }
  const graph = checkReferences(set, references, findings);
  checkReferenceLoops(graph, findings);
  const places = [...graph.keys()].filter(({ document }) => document === '');
  checkMetaSchema(set.root, places, findings);
  const patterns = new PatternChecks(findings);
  for (const place of places) checkPlace(place, patterns, findings);
  return dialect;
}

function checkPlace(place: SchemaPlace, patterns: PatternChecks, findings: LintFindings): void {
  checkDialect(keywordsOf(place), place.pointer, findings);
  patterns.check(place);
  checkUniqueness(place, findings);
  warnIgnoredKeywords(place, findings);
  warnContradictions(place, findings);
}

function declaredDialect(schema: Json, findings: LintFindings): Dialect | undefined {
  if (typeof schema === 'boolean') return DEFAULT_DIALECT;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    const is = `is ${Array.isArray(schema) ? 'an array' : JSON.stringify(schema)?.slice(0, 80)}`;
    findings.fault(
      'schema-root',
      ROOT,
      `Cannot accept schema: ${is} (want an object or a boolean)`,
    );
    return undefined;
  }
  return checkDialect(schema as JsonObject, '', findings);
}

function checkDialect(
  { $schema }: JsonObject,
  pointer: string,
  findings: LintFindings,
): Dialect | undefined {
  if ($schema === undefined) return DEFAULT_DIALECT;
  const dialect = typeof $schema === 'string' ? dialectOf($schema) : undefined;
  if (dialect !== undefined) return dialect;
  const known = DIALECTS.map(metaSchemaUri).join(', ');
  const message = `Cannot read $schema ${quote(JSON.stringify($schema))}: is no known draft (want one of ${known})`;
  findings.fault('dialect-unknown', { pointer: `${pointer}/$schema`, document: '' }, message);
  return undefined;
}

function readAll(
  references: ReadonlyMap<string, string>,
  findings: LintFindings,
): ReadonlyMap<string, Json> {
  const schemas = new Map<string, Json>();
  for (const [key, text] of references) {
    const read = parseStrictJson(text);
    if (read.kind === 'parsed') schemas.set(key, read.value);
    else findings.unread(read.faults, key);
  }
  return schemas;
}
