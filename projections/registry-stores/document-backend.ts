import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { RunKind } from '#projections/job-runs/run-row';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import type { Shown } from '#projections/shown';

/** The kinds of aggregates whose versions are kept as documents. */
export const KEPT_KINDS = ['contract', 'job-definition', 'action-profile'] as const;
export type KeptKind = (typeof KEPT_KINDS)[number];

/** What a document is: a version, or how far the events of its aggregate are applied; in a folder of runs a run. */
export type DocumentKind = KeptKind | `${KeptKind}-head` | RunKind;

/** Which document. */
export interface DocumentKey {
  readonly scope: Scope;
  readonly kind: DocumentKind;
  /** Written as names of contracts are: ASCII, so that every backend has one order. */
  readonly name: string;
  /** Sorts the documents of one name, see `versionOrderKey`. */
  readonly orderKey: string;
}

/** One document as backends keep it. */
export interface StoredDocument extends DocumentKey {
  /** Names it within its name in clear: the version. */
  readonly id: string;
  /** Says which document of a name is the highest: the one whose rank is last in the order of bytes. */
  readonly rank: string;
  /** Of the last event that changed it. */
  readonly position: Position;
  /** Canonical JSON. */
  readonly text: string;
  /** The texts by which it is found, sorted, each once; see `termOf`. */
  readonly terms: readonly string[];
}

/** Which documents are meant: all conditions hold. */
export interface DocumentFilter {
  readonly kind: DocumentKind;
  readonly name?: string | undefined;
  /** It has every one of these terms. */
  readonly all: readonly string[];
  /** It has one of these terms; none has one of no terms. */
  readonly any?: readonly string[] | undefined;
}

/** A part of a list in the order of name and order key. */
export interface DocumentPage extends DocumentFilter {
  readonly after: Pick<DocumentKey, 'name' | 'orderKey'> | undefined;
  readonly limit: number;
}

/** New content of documents and where the log stands with it. */
export interface DocumentChange {
  /** Each key once. */
  readonly documents: readonly StoredDocument[];
  /** The position that the change was made from. */
  readonly from: Position;
  readonly to: Checkpoint;
}

/**
 * Where the documents of the registries lie. Every read is one snapshot with its position.
 * Every method throws VIEW_UNAVAILABLE when the storage cannot answer now.
 */
export interface DocumentBackend {
  /** Opens or creates the storage and says where it stands. What it cannot use it throws away. */
  open(): Promise<Checkpoint>;

  /** Finds documents by key; what is not there is left out. */
  read(keys: readonly DocumentKey[]): Promise<Shown<readonly StoredDocument[]>>;

  list(scope: Scope, page: DocumentPage): Promise<Shown<readonly StoredDocument[]>>;

  /** Finds the document of the highest rank of the first name that has one. The filter has one term or more in `all`. */
  highest(scope: Scope, filter: DocumentFilter): Promise<Shown<StoredDocument | undefined>>;

  /**
   * Puts documents and the checkpoint in one atomic step, if the checkpoint still is where the change was made from.
   * Gives the position after it: another one than `to` when somebody else has moved it.
   */
  put(change: DocumentChange): Promise<Position>;

  /** Throws everything away: the next `open` says position 0. */
  clear(): Promise<void>;

  /** Computes the digest of all documents; equal content has one digest in every backend. */
  digest(): Promise<ProjectionDigest>;

  close(): Promise<void>;
}

/** The most documents of one page: one more than clients are shown, which tells whether there is another page. */
const DOCUMENTS_PER_PAGE_MAX = 1_001;

/** Gives a limit that is allowed. @throws RangeError */
export function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= DOCUMENTS_PER_PAGE_MAX) return limit;
  throw new RangeError(
    `Cannot list ${limit} documents: it is not a limit (want 1 to ${DOCUMENTS_PER_PAGE_MAX})`,
  );
}

/** Writes a key as one text, for maps. */
export function keyText({ scope, kind, name, orderKey }: DocumentKey): string {
  return `${scope.tenant}/${scope.environment}/${kind}/${name}/${orderKey}`;
}
