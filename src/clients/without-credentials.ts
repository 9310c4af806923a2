// Any other text before "://" may be a part of a password.
const BEFORE_HOST = /^(\s*(?:(?:nats|tls|wss?|https?|postgres(?:ql)?|rediss?):\/\/)?).*@/s;

/**
 * Writes a URL for people: without what stands before the `@`, and without its query, in which drivers take passwords too. A
 * password may hold any character: what might be a part of one is left out.
 */
export function withoutCredentials(url: string): string {
  return url.replace(BEFORE_HOST, '$1***@').replace(/\?.*$/s, '');
}

/** The same for a list with commas. What stands before an `@` further on may be the part of a password, and is left out too. */
export function listWithoutCredentials(urls: string): string {
  const parts = urls.split(',');
  const last = parts.findLastIndex((part) => part.includes('@'));
  return parts
    .map((part, index) => (index >= last || part.includes('@') ? withoutCredentials(part) : '***'))
    .join(',');
}
