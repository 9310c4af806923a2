import type { ContractContent } from '#contracts/gate/gate-report';
import type { SchemaSide } from '#contracts/gate/prove-direction';
import type { ReadPart } from '#contracts/gate/read-part';
import { readWit, type ValidWit } from '#contracts/gate/read-wit';
import type { SchemaSides } from '#contracts/gate/schema-sides';
import { parseStrictJson } from '#contracts/json/parse-strict-json';
import { canonicalJson, type JsonObject } from '#domain/canonical-json';

/** The parts of a contract, ready to be compared. */
export interface ReadContent {
  readonly schema: ReadPart<SchemaSide>;
  readonly wit: ReadPart<ValidWit>;
  readonly descriptor: JsonObject | undefined;
  /** The canonical text of each referenced contract, by its URI. */
  readonly references: ReadonlyMap<string, string>;
}

interface ReadOptions {
  readonly sides: SchemaSides;
  readonly assertsFormats: boolean;
}

/** Reads the parts of a contract. Nothing is refused here: what cannot be read is told where it is compared. */
export function readContent(
  content: ContractContent,
  { sides, assertsFormats }: ReadOptions,
): ReadContent {
  const { references = [], descriptor } = content;
  return {
    schema: sides.read(content, assertsFormats),
    wit: readPackage(content),
    descriptor,
    references: new Map(
      references.map(({ uri, jsonSchema, wit }) => [uri, canonicalReference(jsonSchema, wit)]),
    ),
  };
}

function readPackage({ wit = [], references = [] }: ContractContent): ReadPart<ValidWit> {
  if (wit.length === 0) return { kind: 'absent' };
  const checked = readWit(wit, references);
  if (checked.kind === 'valid') return { kind: 'read', value: checked };
  return { kind: 'unreadable', reason: checked.faults[0]?.message ?? 'Cannot read WIT' };
}

function canonicalReference(
  jsonSchema: string | undefined,
  wit: ContractContent['wit'] = [],
): string {
  const read = jsonSchema === undefined ? undefined : parseStrictJson(jsonSchema);
  const schema = read?.kind === 'parsed' ? read.value : (jsonSchema ?? null);
  const files = wit.map(({ path, text }) => [path, text]);
  return canonicalJson([schema, files]);
}
