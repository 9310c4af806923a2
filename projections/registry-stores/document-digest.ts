import { createHash } from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
import type { StoredDocument } from '#projections/registry-stores/document-backend';

/** What counts of one document: everything but its text, of which the SHA-256 counts. */
export type DigestedDocument = Omit<StoredDocument, 'text'> & { readonly textSha256: Sha256 };

/** Hashes documents that come in the order of tenant, environment, kind, name and order key. */
export class DocumentDigest {
  readonly #hash = createHash('sha256');

  add({ scope, kind, name, orderKey, ...rest }: DigestedDocument): void {
    const { id, rank, position, textSha256, terms } = rest;
    const { tenant, environment } = scope;
    const key = [tenant, environment, kind, name, orderKey];
    this.#hash.update(`${canonicalJson([...key, id, rank, position, textSha256, terms])}\n`);
  }

  addStored(document: StoredDocument): void {
    this.add({ ...document, textSha256: sha256Of(document.text) });
  }

  value(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
