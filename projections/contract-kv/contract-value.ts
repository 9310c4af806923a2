import type { JsonObject } from '#domain/canonical-json';
import { contractEvolution } from '#domain/contract';
import type {
  ContractBundle,
  ContractLabels,
  ContractReference,
  WitFile,
} from '#domain/contract-bundle';
import { contractKey } from '#domain/contract-name';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';

/** A contract in the bucket: the shape that readers of the bucket have always seen. */
export interface ContractValue {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly createdAt: string;
  /** The schema as JSON text. */
  readonly jsonSchema?: string;
  readonly wit?: readonly WitFile[];
  readonly descriptor?: JsonObject;
  readonly references?: readonly ContractReference[];
  readonly labels?: ContractLabels;
  /** Where the content is too large for a value: fetch the version over HTTP. */
  readonly fingerprint?: string;
}

/** A key of the bucket and its value. */
export interface ContractWrite {
  readonly key: string;
  readonly value: string;
}

/** Says what an event writes into the bucket. A value that is larger than so many bytes is left out. */
export function contractWrites(
  message: StoredMessage,
  valueBytesMax: number,
): readonly ContractWrite[] {
  const { scope, kind } = parseSubject(message.subject);
  if (kind !== 'contract') return [];
  const { event, metadata } = decodeEvent(message);
  const parsed = contractEvolution.parse(event);
  // Values are versions, which never change; their stages and modes are asked for over HTTP.
  if (parsed.type !== 'ContractPublished') return [];
  const { bundle } = parsed.data;
  const value = JSON.stringify(toValue(bundle, metadata.time, true));
  const fits = Buffer.byteLength(value) <= valueBytesMax;
  return [
    {
      key: contractKey(scope, bundle.name, bundle.version),
      value: fits ? value : JSON.stringify(toValue(bundle, metadata.time, false)),
    },
  ];
}

function toValue(bundle: ContractBundle, createdAt: string, whole: boolean): ContractValue {
  const { name, version, description, jsonSchema, fingerprint } = bundle;
  const { wit, descriptor, references, labels } = bundle;
  // The order of the fields counts: nodes of any version must write the same value for an event.
  const head = { name, version, ...(description === undefined ? {} : { description }), createdAt };
  if (!whole) return { ...head, fingerprint };
  return {
    ...head,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit === undefined ? {} : { wit }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references === undefined ? {} : { references }),
    ...(labels === undefined ? {} : { labels }),
  };
}
