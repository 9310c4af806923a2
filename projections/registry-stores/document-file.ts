import { join } from 'node:path';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import { encodeToken } from '#log/subjects';
import type { DocumentKind, StoredDocument } from '#projections/registry-stores/document-backend';
import type { IndexedDocument } from '#projections/registry-stores/document-set';

/** The file of one document. */
export interface DocumentFile {
  /** Relative to the folder of documents. */
  readonly path: string;
  /** Canonical JSON of the document and of what it is found by. */
  readonly content: string;
  readonly entry: IndexedDocument;
}

// File systems take 255 bytes, and a name may have 400 when it is encoded.
const FOLDER_LENGTH_MAX = 200;

/**
 * Says where the file of a document lies. Names and versions are encoded as in subjects: `A-Za-z0-9_-` and `=HH`, so
 * that nothing in them is a path. A long name is cut into folders within each other.
 */
export function documentPath({
  scope,
  kind,
  name,
  id,
}: Pick<StoredDocument, 'scope' | 'kind' | 'name' | 'id'>): string {
  const token = encodeToken(name);
  const folders: string[] = [];
  for (let at = 0; at < token.length; at += FOLDER_LENGTH_MAX)
    folders.push(token.slice(at, at + FOLDER_LENGTH_MAX));
  return join(scope.tenant, scope.environment, kind, ...folders, `${encodeToken(id)}.json`);
}

/** Makes the file of a document. */
export function fileOf(document: StoredDocument): DocumentFile {
  const { text, ...rest } = document;
  // "document" is the first of the members in their order.
  const content = `${START}${text},${memberText(rest)}`;
  const entry = { ...rest, textSha256: sha256Of(text), sha256: sha256Of(content) };
  return { path: documentPath(document), content, entry };
}

/** Reads the content of a file; `undefined` when it is not what `fileOf` writes. */
export function documentIn(content: string): StoredDocument | undefined {
  let members: Partial<Members> | null;
  try {
    members = JSON.parse(content) as Partial<Members> | null;
  } catch {
    return undefined;
  }
  const { tenant, environment, kind, name, orderKey, id, rank, position, terms } = members ?? {};
  if (tenant === undefined || environment === undefined || kind === undefined) return undefined;
  if (name === undefined || orderKey === undefined || id === undefined) return undefined;
  if (rank === undefined || position === undefined || terms === undefined) return undefined;
  const scope = { tenant, environment } as Scope;
  const rest = { scope, kind, name, orderKey, id, rank, position: toPosition(position), terms };
  return { ...rest, text: textIn(content, rest) };
}

/** Gives the text of the document that a file holds. */
export function textIn(content: string, rest: Omit<StoredDocument, 'text'>): string {
  return content.slice(START.length, content.length - memberText(rest).length - 1);
}

const START = '{"document":';

interface Members {
  readonly tenant: string;
  readonly environment: string;
  readonly kind: DocumentKind;
  readonly name: string;
  readonly orderKey: string;
  readonly id: string;
  readonly rank: string;
  readonly position: number;
  readonly terms: readonly string[];
}

/** Writes everything but the document, without the brace in front. */
function memberText(rest: Omit<StoredDocument, 'text'>): string {
  const { scope, kind, name, orderKey, id, rank, position, terms } = rest;
  const { tenant, environment } = scope;
  const members = { tenant, environment, kind, name, orderKey, id, rank, position, terms };
  return canonicalJson(members satisfies Members).slice(1);
}
