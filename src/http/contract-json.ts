import type { z } from 'zod';
import type { PublicationAnswer, PublishContract } from '#commands/publish-contract';
import { canonicalJson, type JsonObject } from '#domain/canonical-json';
import type { ContractBundle, WitFile } from '#domain/contract-bundle';
import type { RecordedGate } from '#domain/contract-gate';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import type {
  bundleSchema,
  checkBody,
  publishedSchema,
  recordedSchema,
} from '#http/contract-schemas';

/** What a WIT text is called that comes alone. */
const ONLY_WIT_FILE = 'package.wit';

/** Reads what a publisher sends, but for the name. @throws INVALID_NAME */
export function candidateFrom(body: z.output<typeof checkBody>): Omit<PublishContract, 'name'> {
  const { version, description, jsonSchema, wit, descriptor, references, labels } = body;
  return {
    ...(version === undefined ? {} : { version: parseContractVersion(version) }),
    ...(description === undefined ? {} : { description }),
    ...(jsonSchema === undefined ? {} : { jsonSchema: schemaText(jsonSchema) }),
    ...(wit === undefined ? {} : { wit: witFiles(wit) }),
    ...(descriptor === undefined ? {} : { descriptor: descriptor as JsonObject }),
    ...(references === undefined
      ? {}
      : {
          references: references.map(({ uri, name, version: of }) => ({
            uri,
            name: parseContractName(name),
            version: parseContractVersion(of),
          })),
        }),
    ...(labels === undefined ? {} : { labels }),
    ...(body.stage === undefined ? {} : { stage: body.stage }),
    ...(body.override === undefined ? {} : { override: body.override }),
  };
}

/** A schema sent as text is kept to the letter; one sent as an object is written canonically. */
function schemaText(schema: string | boolean | Record<string, unknown>): string {
  return typeof schema === 'string' ? schema : canonicalJson(schema);
}

function witFiles(wit: string | readonly WitFile[]): readonly WitFile[] {
  return typeof wit === 'string' ? [{ path: ONLY_WIT_FILE, text: wit }] : wit;
}

/** Writes what a publication has come to, by the publication itself, which may be an earlier one. */
export function publishedJson(
  name: string,
  answer: PublicationAnswer,
  { bundle, gate, publisher }: PublishedBefore,
): z.output<typeof publishedSchema> {
  const { published, recorded, position } = answer;
  const { version, fingerprint, publishedAt, stage } = published;
  return {
    status: recorded === undefined ? 'existing' : 'created',
    name,
    version,
    digest: digestOf(fingerprint),
    position,
    createdAt: publishedAt,
    stage,
    ...(gate === undefined ? {} : { mode: gate.mode, level: gate.level }),
    ...(gate === undefined
      ? {}
      : { changelog: recordedJson({ bundle, publishedAt, publisher, gate }) }),
  };
}

/** What a publication has made. */
export interface PublishedBefore {
  readonly bundle: Pick<ContractBundle, 'version' | 'description'>;
  readonly gate: RecordedGate | undefined;
  readonly publisher: string | undefined;
}

/** One published version as a changelog tells it. */
export interface RecordedPublication {
  readonly bundle: Pick<ContractBundle, 'version' | 'description'>;
  readonly publishedAt: string;
  readonly publisher: string | undefined;
  readonly gate: RecordedGate | undefined;
}

/** Writes a version as a changelog tells it. */
export function recordedJson(one: RecordedPublication): z.output<typeof recordedSchema> {
  const { bundle, publishedAt, publisher, gate } = one;
  return {
    version: bundle.version,
    level: gate?.level ?? 'none',
    publishedAt,
    ...(publisher === undefined ? {} : { publisher }),
    ...(bundle.description === undefined ? {} : { description: bundle.description }),
    comparedWith: [...(gate?.comparedWith ?? [])],
    changes: (gate?.changes ?? []).map((change) =>
      Object.assign({}, change, { breaks: [...change.breaks] }),
    ),
    changesOmitted: gate?.changesOmitted ?? 0,
    ...(gate?.override === undefined ? {} : { override: gate.override }),
  };
}

/** Writes the content of a version. */
export function bundleJson(
  bundle: ContractBundle,
  createdAt: string,
): z.input<typeof bundleSchema> {
  const { fingerprint: _, name, version, description, ...parts } = bundle;
  const { jsonSchema, wit, descriptor, references, labels } = parts;
  return {
    name,
    version,
    ...(description === undefined ? {} : { description }),
    createdAt,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit === undefined ? {} : { wit: [...wit] }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references === undefined ? {} : { references: [...references] }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/** Writes a fingerprint as digests are written in this API. */
export function digestOf(fingerprint: string): string {
  return `sha256:${fingerprint}`;
}
