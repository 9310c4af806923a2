import type { ContractContent } from '#contracts/gate/gate-report';
import { type SchemaSide, schemaSide } from '#contracts/gate/prove-direction';
import type { ReadPart } from '#contracts/gate/read-part';
import { parseStrictJson } from '#contracts/json/parse-strict-json';
import type { Json } from '#domain/canonical-json';

/** How many schemas are kept, and the length of all their texts together. */
const KEPT_MAX = 32;
const KEPT_LENGTH_MAX = 4_194_304;

/** Reads schemas and keeps those that were read last, with the validators that were compiled for them. */
export class SchemaSides {
  readonly #kept = new Map<string, ReadPart<SchemaSide>>();
  #length = 0;

  /** Reads the schema of a contract and those that it refers to. */
  read(content: ContractContent, assertsFormats: boolean): ReadPart<SchemaSide> {
    const { jsonSchema, references = [] } = content;
    if (jsonSchema === undefined) return { kind: 'absent' };
    const named = references.map(({ uri, jsonSchema: text }) => [uri, text]);
    const key = JSON.stringify([assertsFormats, named, jsonSchema]);
    const known = this.#kept.get(key);
    this.#forget(key);
    const side = known ?? readSide(content, jsonSchema, assertsFormats);
    this.#keep(key, side);
    return side;
  }

  #keep(key: string, side: ReadPart<SchemaSide>): void {
    this.#kept.set(key, side);
    this.#length += key.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX && this.#length <= KEPT_LENGTH_MAX) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    if (this.#kept.delete(key)) this.#length -= key.length;
  }
}

function readSide(
  { references = [] }: ContractContent,
  jsonSchema: string,
  assertsFormats: boolean,
): ReadPart<SchemaSide> {
  const read = parseStrictJson(jsonSchema);
  if (read.kind === 'refused') {
    const [fault] = read.faults;
    return { kind: 'unreadable', reason: fault?.message ?? 'Cannot read JSON Schema' };
  }
  const schemas = new Map<string, Json>();
  for (const { uri, jsonSchema: text } of references) {
    const reference = text === undefined ? undefined : parseStrictJson(text);
    if (reference?.kind === 'parsed') schemas.set(uri, reference.value);
  }
  return { kind: 'read', value: schemaSide(read.value, schemas, { assertsFormats }) };
}
