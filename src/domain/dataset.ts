import type { Evolution } from '#domain/aggregate';
import type { DatasetId, DatasetName } from '#domain/dataset-name';
import type { Sha256 } from '#domain/digest';
import { EVENT_TYPES } from '#domain/event-types';
import type { Release, TableDeclaration } from '#domain/table-declaration';
import { unknownEventType } from '#domain/upcast';

/** One file of a dataset, named by its key inside the dataset and by the SHA-256 of its bytes. */
export type DatasetObject = {
  readonly key: string;
  readonly sha256: Sha256;
  readonly bytes: number;
  readonly mediaType?: string;
};

/** The object that read nodes fetch and serve. */
export type Artifact = Pick<DatasetObject, 'key' | 'sha256' | 'bytes'>;

/** The whole manifest of a dataset as it stands after an event. Times are RFC 3339, UTC. */
export type Manifest = {
  readonly datasetId: DatasetId;
  readonly name: DatasetName;
  readonly schemaFingerprint: string;
  readonly objects: readonly DatasetObject[];
  /** Rows in all objects together; `null` where the publisher did not say. */
  readonly rowCount: number | null;
  /** How the tables of the artifact may be read; absent where the publisher did not say. */
  readonly tables?: readonly TableDeclaration[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: DatasetStatus;
  /** What `publish-dataset` released last; kept when the dataset is withdrawn. */
  readonly artifact?: Artifact;
  readonly publishedAt?: string;
  /** How the artifact is read; absent where there is nothing to say. */
  readonly release?: Release;
};

/** `registered`: known. `published`: in the catalog. `withdrawn`: no longer in the catalog, history kept. */
export type DatasetStatus = 'registered' | 'published' | 'withdrawn';

/** Every event holds the whole manifest as it stands after it, see ADR 003. */
export type DatasetEvent =
  | { readonly type: 'DatasetRegistered'; readonly data: { readonly manifest: Manifest } }
  | { readonly type: 'DatasetObjectsReplaced'; readonly data: { readonly manifest: Manifest } }
  | { readonly type: 'DatasetPublished'; readonly data: { readonly manifest: Manifest } }
  | {
      readonly type: 'DatasetWithdrawn';
      readonly data: { readonly manifest: Manifest; readonly reason?: string };
    };

/** `undefined` until the dataset is registered. */
export type DatasetState = Manifest | undefined;

const TYPES: ReadonlySet<string> = new Set<DatasetEvent['type']>(EVENT_TYPES.dataset);

/** How a dataset changes: each event replaces the manifest. */
export const datasetEvolution: Evolution<DatasetState, DatasetEvent> = {
  initial: undefined,
  evolve: (_state, event) => event.data.manifest,
  parse(event) {
    if (!TYPES.has(event.type)) throw unknownEventType('dataset', event.type);
    return event as unknown as DatasetEvent;
  },
};
