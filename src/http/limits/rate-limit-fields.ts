import type { RateVerdict } from '#cache/admission/rate-limit';

/** One bucket that a request was counted in. */
export interface CountedBucket {
  /** What it bounds, as the fields name it: a client, or a tenant. */
  readonly name: string;
  /** What comes back per second. */
  readonly refillPerSecond: number;
  readonly verdict: RateVerdict;
}

/**
 * Writes the fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), names and values in turn:
 * what each bucket holds and in how many seconds it fills, what is left, and when it is full again.
 */
export function rateLimitFields(buckets: readonly CountedBucket[]): readonly string[] {
  let [policies, states] = ['', ''];
  for (const { name, refillPerSecond, verdict } of buckets) {
    const { limit, remaining, resetSeconds } = verdict;
    const comma = policies === '' ? '' : ', ';
    policies += `${comma}"${name}";q=${limit};w=${Math.ceil(limit / refillPerSecond)}`;
    states += `${comma}"${name}";r=${remaining};t=${resetSeconds}`;
  }
  return policies === '' ? [] : ['RateLimit-Policy', policies, 'RateLimit', states];
}

/** Gives the whole seconds until a bucket holds so many tokens, at least 1. */
export function secondsUntil(
  { verdict: { limit, resetSeconds }, refillPerSecond }: CountedBucket,
  cost: number,
): number {
  const tokensMin = limit - resetSeconds * refillPerSecond;
  return Math.max(1, Math.ceil((Math.min(cost, limit) - tokensMin) / refillPerSecond));
}
