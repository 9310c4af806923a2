import { canonicalJson } from '#domain/canonical-json';
import type { Artifact, Manifest } from '#domain/dataset';
import { type Sha256, sha256Of } from '#domain/digest';
import type { Release, TableDeclaration } from '#domain/table-declaration';

/** A manifest as clients and stores see it. */
export interface ManifestDocument {
  readonly dataset_id: string;
  readonly name: string;
  readonly schema_fingerprint: string;
  readonly objects: readonly {
    readonly key: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly media_type?: string;
  }[];
  readonly row_count: number | null;
  readonly tables?: readonly TableDeclaration[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: Manifest['status'];
  readonly artifact?: Artifact;
  readonly published_at?: string;
  readonly release?: Release;
}

/** A manifest as a file of a store. */
export interface ManifestFile {
  readonly bytes: Buffer;
  readonly sha256: Sha256;
}

/** A published dataset as a catalog lists it. */
export interface CatalogEntry {
  readonly name: string;
  readonly dataset_id: string;
  readonly schema_fingerprint: string;
  readonly row_count: number | null;
  readonly artifact: Artifact;
  readonly manifest: { readonly sha256: Sha256; readonly bytes: number };
  readonly published_at: string;
}

/** Writes a manifest as clients see it. */
export function manifestDocument(manifest: Manifest): ManifestDocument {
  const { artifact, publishedAt, tables, release } = manifest;
  return {
    dataset_id: manifest.datasetId,
    name: manifest.name,
    schema_fingerprint: manifest.schemaFingerprint,
    objects: manifest.objects.map(({ mediaType, ...object }) =>
      mediaType === undefined ? object : { ...object, media_type: mediaType },
    ),
    row_count: manifest.rowCount,
    ...(tables === undefined ? {} : { tables }),
    created_at: manifest.createdAt,
    updated_at: manifest.updatedAt,
    status: manifest.status,
    ...(artifact === undefined ? {} : { artifact }),
    ...(publishedAt === undefined ? {} : { published_at: publishedAt }),
    ...(release === undefined ? {} : { release }),
  };
}

/** Writes a manifest as it lies in a store: canonical JSON (RFC 8785), named by the digest of its bytes. */
export function manifestFile(manifest: Manifest): ManifestFile {
  const bytes = Buffer.from(canonicalJson(manifestDocument(manifest)));
  return { bytes, sha256: sha256Of(bytes) };
}

/** Writes the entry of a dataset in a catalog; `undefined` for one that is not published. */
export function catalogEntry(manifest: Manifest): CatalogEntry | undefined {
  const { artifact, publishedAt, status } = manifest;
  if (status !== 'published' || artifact === undefined || publishedAt === undefined)
    return undefined;
  const { bytes, sha256 } = manifestFile(manifest);
  return {
    name: manifest.name,
    dataset_id: manifest.datasetId,
    schema_fingerprint: manifest.schemaFingerprint,
    row_count: manifest.rowCount,
    artifact,
    manifest: { sha256, bytes: bytes.length },
    published_at: publishedAt,
  };
}

/** Joins entries, sorted by name and written as canonical JSON, to the canonical JSON of a catalog. */
export function catalogDocument(entries: readonly string[]): Buffer {
  return Buffer.from(`{"datasets":[${entries.join(',')}],"model_version":"v1"}`);
}
