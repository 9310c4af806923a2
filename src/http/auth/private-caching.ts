import type { Reply } from '#http/route';

function privateCaching(cacheControl: string): string {
  return cacheControl.replace(/^public\b/, 'private');
}

/** Gives a reply as it is sent to the bearer of a token: kept out of caches that others read from too. */
export function privateReply(reply: Reply): Reply {
  const caching = reply.headers?.['Cache-Control'];
  if (caching === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, 'Cache-Control': privateCaching(caching) } };
}
