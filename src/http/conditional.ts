/**
 * Tells whether `If-None-Match` names an entity tag (RFC 9110, section 13.1.2: weak comparison, `*` matches anything).
 * `Cache-Control: no-cache` on the request does not matter here: it speaks to caches, and Node's own fetch adds it to
 * every conditional request.
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const wanted = opaque(etag);
  return ifNoneMatch.split(',').some((tag) => opaque(tag.trim()) === wanted);
}

/** Makes a strong entity tag. */
export function strongEtag(value: string): string {
  return `"${value}"`;
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
