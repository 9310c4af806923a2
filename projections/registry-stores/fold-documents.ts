import { actionProfileEvolution } from '#domain/action-profile';
import { canonicalJson } from '#domain/canonical-json';
import { contractEvolution } from '#domain/contract';
import { type ContractVersion, parseContractName, versionOrderKey } from '#domain/contract-name';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { EventHash, RecordedEvent } from '#domain/event';
import { jobDefinitionEvolution } from '#domain/job-definition';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import type { ContractRow } from '#projections/catalog/contract-queries';
import { publishedContract, stagedContract } from '#projections/registry-stores/contract-document';
import { definedVersion, stagedDefinition } from '#projections/registry-stores/definition-document';
import {
  type DocumentKey,
  KEPT_KINDS,
  type KeptKind,
  keyText,
  type StoredDocument,
} from '#projections/registry-stores/document-backend';
import { contractTerms, definitionTerms } from '#projections/registry-stores/document-terms';

/** One event of an aggregate whose versions are kept. */
export interface KeptEvent {
  readonly scope: DocumentKey['scope'];
  readonly kind: KeptKind;
  readonly name: string;
  readonly recorded: RecordedEvent;
}

type Definitions = Parameters<typeof definitionTerms>[0];

/** Reads those events of a batch whose versions are kept. @throws CORRUPT_EVENT for one that cannot be read */
export function keptEvents(batch: readonly StoredMessage[]): readonly KeptEvent[] {
  return batch.flatMap((message) => {
    const { scope, kind, id } = parseSubject(message.subject);
    const kept = KEPT_KINDS.find((one) => one === kind);
    if (kept === undefined) return [];
    const recorded = decodeEvent(message);
    return { scope, kind: kept, name: orCorrupt(recorded, () => parseContractName(id)), recorded };
  });
}

/** Gives the keys of the documents that must be known before events can be folded, each once. */
export function keysNeeded(events: readonly KeptEvent[]): readonly DocumentKey[] {
  const needed = new Map<string, DocumentKey>();
  const add = (key: DocumentKey): unknown => needed.set(keyText(key), key);
  for (const event of events) {
    // Also for an event that says it is the first: one that was inserted says so too.
    add(headKey(event));
    const { version } = event.recorded.event.data;
    // A version that this batch adds is asked for in vain: cheaper than to find out.
    if (typeof version === 'string') add(versionKey(event, version));
  }
  return [...needed.values()];
}

/**
 * Folds events onto the stored documents that `keysNeeded` named. Gives what has changed, each document once.
 * @throws CORRUPT_EVENT for an event of an unknown type, or one that does not follow the one before it
 */
export function foldDocuments(
  events: readonly KeptEvent[],
  stored: readonly StoredDocument[],
): readonly StoredDocument[] {
  const documents = new Map(stored.map((document) => [keyText(document), document]));
  const changed = new Map<string, StoredDocument>();
  for (const event of events) {
    const head = nextHead(event, documents.get(keyText(headKey(event))));
    const version = orCorrupt(event.recorded, () => nextVersion(event, documents));
    for (const document of version === undefined ? [head] : [head, version]) {
      documents.set(keyText(document), document);
      changed.set(keyText(document), document);
    }
  }
  return [...changed.values()];
}

function headKey({ scope, kind, name }: KeptEvent): DocumentKey {
  return { scope, kind: `${kind}-head`, name, orderKey: 'head' };
}

function versionKey(event: KeptEvent, version: string): DocumentKey {
  const { scope, kind, name, recorded } = event;
  const orderKey = orCorrupt(recorded, () => versionOrderKey(version as ContractVersion));
  return { scope, kind, name, orderKey };
}

function nextHead(event: KeptEvent, before: StoredDocument | undefined): StoredDocument {
  const { position, subject, metadata, hash } = event.recorded;
  const last = before === undefined ? undefined : (JSON.parse(before.text) as { hash: EventHash });
  if (metadata.previousHash !== last?.hash) {
    throw new RegistryError(
      'CORRUPT_EVENT',
      `Cannot apply event ${position} on ${quote(subject)}: it follows hash "${metadata.previousHash ?? 'none'}" (want "${last?.hash ?? 'none'}": an event was changed, removed or inserted)`,
      { details: { position, subject } },
    );
  }
  const text = canonicalJson({ hash });
  return { ...headKey(event), id: 'head', rank: '', position, text, terms: [] };
}

/** Gives the document of the version that an event adds or moves; `undefined` when it does neither. */
function nextVersion(
  event: KeptEvent,
  documents: ReadonlyMap<string, StoredDocument>,
): StoredDocument | undefined {
  const before: Before = (version) => {
    const document = documents.get(keyText(versionKey(event, version)));
    return document === undefined ? undefined : (JSON.parse(document.text) as object);
  };
  switch (event.kind) {
    case 'contract':
      return nextContract(event, before);
    case 'job-definition':
      return nextJob(event, before);
    case 'action-profile':
      return nextProfile(event, before);
    default:
      return event.kind satisfies never;
  }
}

/** Gives what is stored of a version. */
type Before = (version: ContractVersion) => object | undefined;

function nextContract(at: KeptEvent, before: Before): StoredDocument | undefined {
  const { recorded } = at;
  const event = contractEvolution.parse(recorded.event);
  switch (event.type) {
    case 'ContractPublished':
      return contractDocument(at, publishedContract(event.data, recorded));
    case 'ContractStageChanged': {
      const row = before(event.data.version) as ContractRow | undefined;
      if (row === undefined) return undefined;
      return contractDocument(at, stagedContract(row, event.data, recorded));
    }
    case 'CompatibilityModeSet':
      return undefined;
    default:
      return event satisfies never;
  }
}

function nextJob(at: KeptEvent, before: Before): StoredDocument | undefined {
  const event = jobDefinitionEvolution.parse(at.recorded.event);
  if (event.type === 'JobDefined')
    return definitionDocument(at, definedVersion(event.data, at.recorded));
  const row = before(event.data.version) as Definitions | undefined;
  if (row === undefined) return undefined;
  return definitionDocument(at, stagedDefinition(row, event.data, at.recorded));
}

function nextProfile(at: KeptEvent, before: Before): StoredDocument | undefined {
  const event = actionProfileEvolution.parse(at.recorded.event);
  if (event.type === 'ActionProfileDefined')
    return definitionDocument(at, definedVersion(event.data, at.recorded));
  const row = before(event.data.version) as Definitions | undefined;
  if (row === undefined) return undefined;
  return definitionDocument(at, stagedDefinition(row, event.data, at.recorded));
}

function contractDocument(at: KeptEvent, row: ContractRow): StoredDocument {
  const { version } = row.bundle;
  return { ...versionDocument(at, version, row), terms: contractTerms(row) };
}

function definitionDocument(at: KeptEvent, row: Definitions): StoredDocument {
  const { version } = row.definition;
  return { ...versionDocument(at, version, row), terms: definitionTerms(row) };
}

function versionDocument(
  at: KeptEvent,
  version: ContractVersion,
  row: object,
): Omit<StoredDocument, 'terms'> {
  const key = versionKey(at, version);
  // "r" is above "p": a pre-release is the highest only where there is no release.
  const rank = `${version.includes('-') ? 'p' : 'r'}${key.orderKey}`;
  return { ...key, id: version, rank, position: at.recorded.position, text: canonicalJson(row) };
}

/** Does work on one event. What it cannot do will not be possible the next time either. */
function orCorrupt<T>({ position, subject }: RecordedEvent, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (isRegistryError(cause, 'CORRUPT_EVENT')) throw cause;
    throw new RegistryError(
      'CORRUPT_EVENT',
      `Cannot apply event ${position} on ${quote(subject)}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { details: { position, subject }, cause },
    );
  }
}
