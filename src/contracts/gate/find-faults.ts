import type { ContractContent, GateFault, ReferencedContent } from '#contracts/gate/gate-report';
import { readDependencies, readWit, type ValidWit } from '#contracts/gate/read-wit';
import { STRICT_JSON_BYTES_MAX, STRICT_JSON_DEPTH_MAX } from '#contracts/json/parse-strict-json';
import type { LintFault } from '#contracts/json-schema/lint/lint-findings';
import { lintSchema } from '#contracts/json-schema/lint/lint-schema';
import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import { packageId } from '#contracts/wit/packages';
import { parseWit } from '#contracts/wit/parse';
import type { WitSourceFault } from '#contracts/wit/resolved';
import { canonicalJson, type Json, type JsonObject } from '#domain/canonical-json';
import { readDescriptor } from '#domain/data-contract';
import { quote } from '#domain/errors';

/** What is wrong with a contract by itself, and what only looks so. */
export interface FoundFaults {
  readonly faults: readonly GateFault[];
  readonly warnings: readonly GateFault[];
}

/** Checks a contract by itself: its schema, its WIT package, its descriptor, and that there is one of them at least. */
export function findFaults({
  jsonSchema,
  wit = [],
  descriptor,
  references = [],
}: ContractContent): FoundFaults {
  const schema = jsonSchema === undefined ? undefined : lint(jsonSchema, references);
  const checked = wit.length === 0 ? undefined : readWit(wit, references);
  const isEmpty = jsonSchema === undefined && wit.length === 0 && descriptor === undefined;
  const empty: GateFault = {
    rule: 'contract-empty',
    part: 'jsonSchema',
    message: 'Cannot accept contract: has no content (want a JSON Schema, WIT or a descriptor)',
  };
  const witFaults = checked?.kind === 'refused' ? checked.faults : [];
  return {
    faults: [
      ...(isEmpty ? [empty] : []),
      ...(schema?.faults ?? []).map(ofSchema),
      ...witFaults.map(ofWit),
      ...(descriptor === undefined ? [] : descriptorFaults(descriptor)),
    ],
    warnings: (schema?.warnings ?? []).map(ofSchema),
  };
}

/** Lists the references that nothing in a contract without faults leads to. */
export function warnUnusedReferences(
  references: readonly ReferencedContent[],
  schema: SchemaSet | undefined,
  wit: ValidWit | undefined,
): readonly GateFault[] {
  if (references.length === 0) return [];
  const reached = schema === undefined ? new Set<string>() : reachedDocuments(schema);
  const dependencies = readDependencies(references);
  const unused = references.filter(({ uri }) => {
    if (reached.has(uri)) return false;
    const texts = [...dependencies].flatMap(([other, sources]) =>
      other === uri ? [] : sources.map(({ text }) => text),
    );
    return !(dependencies.get(uri) ?? []).some(({ text }) => {
      const name = packageNameOf(text);
      const isNamed = (other: string): boolean => name !== undefined && other.includes(`${name}/`);
      return wit !== undefined && [wit.canonical, ...texts].some(isNamed);
    });
  });
  return unused.map(({ uri }) => ({
    rule: 'reference-unused',
    part: 'references',
    message: `Cannot find a use of reference ${quote(uri)}: nothing in the contract leads to it (want only what is needed)`,
  }));
}

function lint(text: string, references: readonly ReferencedContent[]) {
  const texts = references.flatMap(({ uri, jsonSchema }) =>
    jsonSchema === undefined ? [] : [[uri, jsonSchema] as const],
  );
  return lintSchema(text, { references: new Map(texts) });
}

function ofSchema({ reference, ...fault }: LintFault): GateFault {
  if (reference === undefined) return { ...fault, part: 'jsonSchema' };
  return { ...fault, part: 'references', path: reference };
}

function ofWit(fault: WitSourceFault): GateFault {
  return { ...fault, part: 'wit' };
}

function descriptorFaults(descriptor: JsonObject): readonly GateFault[] {
  const fault = (is: string, want: string): readonly GateFault[] => [
    {
      rule: 'descriptor-too-large',
      part: 'descriptor',
      message: `Cannot accept descriptor: ${is} (want ${want})`,
    },
  ];
  // Nothing deeper than that is read again, and writing it would overflow the stack.
  if (!isWithinDepth(descriptor)) {
    const most = `at most ${STRICT_JSON_DEPTH_MAX} objects and arrays inside each other`;
    return fault(`is nested deeper than ${STRICT_JSON_DEPTH_MAX}`, most);
  }
  const bytes = Buffer.byteLength(canonicalJson(descriptor));
  if (bytes > STRICT_JSON_BYTES_MAX)
    return fault(`has ${bytes} bytes`, `at most ${STRICT_JSON_BYTES_MAX}`);
  return typedFaults(descriptor);
}

function typedFaults(descriptor: JsonObject): readonly GateFault[] {
  const read = readDescriptor(descriptor);
  if (read.kind !== 'refused') return [];
  const { faults, omitted } = read;
  const more = `it has ${omitted} more faults (want none)`;
  return [
    ...faults.map(({ path, message }) =>
      invalid(`${path === '' ? 'it' : quote(path)} ${message}`, path),
    ),
    ...(omitted === 0 ? [] : [invalid(more)]),
  ];
}

function invalid(is: string, pointer?: string): GateFault {
  return {
    rule: 'descriptor-invalid',
    part: 'descriptor',
    message: `Cannot accept descriptor: ${is}`,
    ...(pointer === undefined ? {} : { pointer }),
  };
}

function isWithinDepth(value: Json): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= STRICT_JSON_DEPTH_MAX) return false;
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null
        ? Object.values(each).filter((inner) => typeof inner === 'object' && inner !== null)
        : [],
    );
  }
  return true;
}

/** Follows every reference from the root, and gives the keys of the documents that are reached. */
function reachedDocuments(set: SchemaSet): ReadonlySet<string> {
  const seen = new Set<SchemaPlace>();
  const left = [set.root];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    if (seen.has(place)) continue;
    seen.add(place);
    left.push(...place.children.values());
    for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) {
      const reference = keywordsOf(place)[keyword];
      const target = typeof reference === 'string' ? set.resolve(place, reference) : undefined;
      if (target !== undefined) left.push(target);
    }
  }
  return new Set([...seen].map(({ document }) => document));
}

function packageNameOf(text: string): string | undefined {
  const parsed = parseWit(text);
  if (parsed.kind !== 'parsed' || parsed.file.head === undefined) return undefined;
  return packageId(parsed.file.head.name).replace(/@.*$/, '');
}
