import { toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { DocumentKind, StoredDocument } from '#projections/registry-stores/document-backend';
import type { Shown } from '#projections/shown';

/** A row of documents; all of it is `null` where a snapshot has none. Postgres gives positions as text. */
export interface DocumentRow {
  /** The position of the snapshot. */
  readonly shown: number | string;
  readonly tenant: string;
  readonly environment: string;
  readonly kind: string;
  readonly name: string | null;
  readonly order_key: string;
  readonly id: string;
  readonly rank: string;
  readonly position: number | string;
  readonly document: string;
  /** A JSON list. */
  readonly terms: string;
}

/** Reads the rows of one snapshot. */
export function shownDocuments(rows: readonly DocumentRow[]): Shown<readonly StoredDocument[]> {
  return {
    position: toPosition(Number(rows[0]?.shown ?? 0)),
    found: rows.flatMap((row) => toDocument(row) ?? []),
  };
}

/** Reads one row; `undefined` where there is no document. */
export function toDocument(row: DocumentRow): StoredDocument | undefined {
  const { name, tenant, environment } = row;
  if (name === null) return undefined;
  return {
    scope: { tenant, environment } as Scope,
    kind: row.kind as DocumentKind,
    name,
    orderKey: row.order_key,
    id: row.id,
    rank: row.rank,
    position: toPosition(Number(row.position)),
    text: row.document,
    terms: JSON.parse(row.terms) as readonly string[],
  };
}

/** Gives the values of a document in the order of the columns. */
export function columnsOf(document: StoredDocument): readonly (string | number)[] {
  const { scope, kind, name, orderKey, id, rank, position, text, terms } = document;
  const { tenant, environment } = scope;
  const key = [tenant, environment, kind, name, orderKey];
  return [...key, id, rank, position, text, JSON.stringify(terms)];
}
