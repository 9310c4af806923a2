import { canonicalJson, type JsonObject } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';

/**
 * Computes what makes the same event sent twice one event: SHA-256 of its canonical JSON (RFC 8785), with every member
 * that was sent. The order of members and white space do not count.
 * @throws INVALID_JSON for a document that was not read by `readLineageEvent`
 */
export function lineageFingerprint(event: { readonly document: JsonObject }): Sha256 {
  return sealLineage(event).fingerprint;
}

/** Computes the fingerprint of an event and how many bytes its canonical JSON has. @throws as `lineageFingerprint` */
export function sealLineage({ document }: { readonly document: JsonObject }): {
  readonly fingerprint: Sha256;
  readonly bytes: number;
} {
  const text = Buffer.from(canonicalJson(document));
  return { fingerprint: sha256Of(text), bytes: text.length };
}
