/** How the rows of a table are found. */
export interface TableDeclaration {
  readonly name: string;
  readonly key?: readonly string[];
  readonly range?: { readonly within?: string; readonly start: string; readonly end: string };
}

/** A dataset as the registry shows it. */
export interface Manifest {
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
  readonly status: string;
  readonly artifact?: { readonly key: string; readonly sha256: string; readonly bytes: number };
  readonly published_at?: string;
  readonly release?: { readonly tables: readonly TableDeclaration[] };
}
