import type { StoredDocument } from '#projections/registry-stores/document-backend';
import type { Shown } from '#projections/shown';

/** Reads what a document says. */
export function rowOf<Row>({
  position,
  found,
}: Shown<StoredDocument | undefined>): Shown<Row | undefined> {
  const row = found === undefined ? undefined : (JSON.parse(found.text) as Row);
  return { position, found: row };
}

/** Reads what the first of documents says. */
export function firstOf<Row>({
  position,
  found,
}: Shown<readonly StoredDocument[]>): Shown<Row | undefined> {
  return rowOf({ position, found: found[0] });
}

/** Reads what each of documents says. */
export function rowsOf<Row>({
  position,
  found,
}: Shown<readonly StoredDocument[]>): Shown<readonly Row[]> {
  return { position, found: found.map(({ text }) => JSON.parse(text) as Row) };
}
