import type { Reply } from '#http/route';

function privateCaching(headers: NonNullable<Reply['headers']>): string {
  const caching = headers['Cache-Control'];
  if (caching !== undefined) return caching.replace(/^public\b/, 'private');
  // What has a tag is asked for again with it; the rest would be kept by guesswork (RFC 9111, section 4.2.2).
  return headers['ETag'] === undefined ? 'no-store' : 'private, no-cache';
}

/**
 * Gives a reply as it is sent to the bearer of a token: kept out of caches that others read from too, and out of every
 * cache where the route says nothing of caching.
 */
export function privateReply(reply: Reply): Reply {
  const { headers = {} } = reply;
  return { ...reply, headers: { ...headers, 'Cache-Control': privateCaching(headers) } };
}
