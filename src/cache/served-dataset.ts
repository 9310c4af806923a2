import type { DatasetObject } from '#domain/dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { TableDeclaration } from '#domain/table-declaration';
import type { StoreEntry } from '#stores/catalog-document';

/** A published dataset as a read node serves it: one artifact, and what its manifest says of it. */
export interface ServedDataset {
  /** Tells datasets of one name in two scopes apart, see `scopeKey()`. */
  readonly scope: string;
  readonly name: DatasetName;
  /** Its entry in the catalog that it comes from; `entry.artifact` names the bytes. */
  readonly entry: StoreEntry;
  /** All files of the manifest: shards are among them. */
  readonly objects: readonly Pick<DatasetObject, 'key' | 'sha256' | 'bytes'>[];
  /** The tables that may be read; none where the manifest does not say. */
  readonly tables: readonly TableDeclaration[];
}
