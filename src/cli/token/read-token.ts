import { z } from 'zod';

/** What a token says of itself. Nobody has checked it: only its registry can. */
export interface TokenFacts {
  readonly kind: 'jwt' | 'api-key' | 'unknown';
  /** The id of an API key; it is no secret. */
  readonly key_id?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly tenant?: string;
  readonly environments?: readonly string[];
  readonly scopes?: readonly string[];
  /** RFC 3339. */
  readonly expires_at?: string;
}

const API_KEY = /^atlas_([a-z2-7]{16})_[A-Za-z0-9_-]{43}$/;
// The last moment that a date can hold, in seconds.
const SECONDS_MAX = 8_640_000_000_000;

const words = z.union([
  z.string().transform((text) => text.split(' ').filter((word) => word !== '')),
  z.array(z.string()),
]);
const claimsSchema = z.looseObject({
  iss: z.string().optional().catch(undefined),
  sub: z.string().optional().catch(undefined),
  exp: z.number().min(0).max(SECONDS_MAX).optional().catch(undefined),
  tenant: z.string().optional().catch(undefined),
  environments: words.optional().catch(undefined),
  scope: words.optional().catch(undefined),
  scp: words.optional().catch(undefined),
});

/** Reads what can be read of a token, and never the part that makes it one. */
export function readToken(token: string): TokenFacts {
  const [, id] = API_KEY.exec(token) ?? [];
  if (id !== undefined) return { kind: 'api-key', key_id: id };
  const claims = claimsOf(token);
  if (claims === undefined) return { kind: 'unknown' };
  const { iss, sub, exp, tenant, environments, scope, scp } = claims;
  const scopes = scope ?? scp;
  return {
    kind: 'jwt',
    ...(iss === undefined ? {} : { issuer: iss }),
    ...(sub === undefined ? {} : { subject: sub }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(environments === undefined ? {} : { environments }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(exp === undefined ? {} : { expires_at: new Date(exp * 1_000).toISOString() }),
  };
}

function claimsOf(token: string): z.output<typeof claimsSchema> | undefined {
  const [header, payload, signature, ...more] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined;
  try {
    const text = Buffer.from(payload, 'base64url').toString('utf8');
    return claimsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
