import { parseStrictJson } from '#contracts/json/parse-strict-json';
import { documentValidator } from '#contracts/validation/validate-document';
import type { Json, JsonObject } from '#domain/canonical-json';
import type { LineageFault } from '#lineage/lineage-fault';

/** Judges a document by the schema of OpenLineage; `undefined` when it is right. */
export type LineageValidator = (document: JsonObject) => LineageFault | undefined;

/**
 * Compiles the schema of OpenLineage, given as its text (`src/lineage/schema/OpenLineage.json` in the package). Formats
 * are remarks here: the reader judges those that matter.
 * @throws TypeError when the text is not such a schema
 */
export function lineageValidator(schemaText: string): LineageValidator {
  const schema = parseSchema(schemaText);
  const validate = documentValidator(schema, { dialect: '2020-12', assertsFormats: false });
  // The empty object is none of the three kinds of event. A schema that says otherwise, or nothing, is another one.
  if (validate({}).kind !== 'invalid') {
    throw new TypeError('Cannot use lineage schema: accepts {} (want that of OpenLineage 2-0-2)');
  }
  return (document) => {
    const verdict = validate(document);
    if (verdict.kind !== 'invalid') return undefined;
    const message = `Cannot read lineage event: ${verdict.refusal} (want what the schema of OpenLineage allows)`;
    return { rule: 'schema', path: '', message };
  };
}

/** Parses the text of a schema. @throws TypeError when it is no JSON */
export function parseSchema(text: string): Json {
  const parsed = parseStrictJson(text);
  if (parsed.kind === 'parsed') return parsed.value;
  const is = parsed.faults[0]?.message ?? 'is no JSON';
  throw new TypeError(`Cannot use lineage schema: ${is} (want strict JSON)`);
}
