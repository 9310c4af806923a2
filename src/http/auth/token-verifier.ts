import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { RegistryError } from '#domain/errors';
import { isAuthScope } from '#http/auth/auth-scope';
import type { Principal } from '#http/auth/principal';
import type { TokenKeys, VerificationKey } from '#http/auth/token-keys';

/** Lists the signatures that can be allowed. HS256 needs a secret of its own; `none` is never one of them. */
export const TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  /** How far clocks may disagree. At most 60. */
  readonly leewaySeconds: number;
  readonly keys: TokenKeys;
  /** The secret of HS256, at least 32 bytes; absent where it is not allowed. */
  readonly secret: Uint8Array | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

const TOKEN_LENGTH_MAX = 8_192;
// Not as the actors of API keys and of the bootstrap key are written: no issuer speaks for those.
const SUBJECT = /^(?!api-key\/|bootstrap$)[!-~]([ -~]{0,126}[!-~])?$/;
const SCOPE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ENVIRONMENTS_MAX = 100;
const TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/**
 * Verifies a bearer token (RFC 7519, RFC 8725): its signature by an allowed algorithm and a key of the issuer, issuer,
 * audience, expiry, not-before, and the claims `sub`, `tenant`, `environments` (a list, or `*`) and `scope` (words, or a
 * list in `scp`). Scopes that nobody knows here are ignored.
 * @throws UNAUTHENTICATED with what is wrong, never with the token; VIEW_UNAVAILABLE where no keys are known
 */
export async function verifyToken(token: string, rules: TokenRules): Promise<Principal> {
  if (token.length > TOKEN_LENGTH_MAX) throw refused('it is too long');
  const { algorithm, header } = headerOf(token, rules);
  const [, payload = '', signature = ''] = token.split('.');
  const keys =
    algorithm === 'HS256' ? secretKeys(rules) : await rules.keys(header, { payload, signature });
  if (keys.length === 0) throw refused('no key of the issuer fits');
  return principalOf(await payloadOf(token, keys, rules));
}

function headerOf(token: string, { algorithms }: TokenRules) {
  const header = decoded(token);
  const algorithm = algorithms.find((one) => one === header.alg);
  if (algorithm === undefined) throw refused('its algorithm is not allowed');
  // What a sender wrote may be anything, whatever the types of the library say.
  const { typ, kid }: { readonly typ?: unknown; readonly kid?: unknown } = header;
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.has(typ.toLowerCase())))
    throw refused('it is of another type');
  if (header.crit !== undefined) throw refused('it has critical headers');
  if (kid !== undefined && typeof kid !== 'string') throw refused('its kid is no text');
  return { algorithm, header: { ...header, alg: algorithm } };
}

function decoded(token: string) {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw refused('it is no signed JWT', cause);
  }
}

/** Only the secret, and only for HS256: a public key must never be taken for one. */
function secretKeys({ secret }: TokenRules): readonly VerificationKey[] {
  return secret === undefined ? [] : [secret];
}

async function payloadOf(
  token: string,
  keys: readonly VerificationKey[],
  rules: TokenRules,
): Promise<JWTPayload> {
  let failure: unknown;
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        issuer: rules.issuer,
        audience: rules.audience,
        algorithms: [...rules.algorithms],
        clockTolerance: Math.min(rules.leewaySeconds, 60),
        currentDate: new Date(rules.nowMs()),
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      failure = error;
      if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
        break;
    }
  }
  throw refused(reasonOf(failure), failure);
}

/** Says what is wrong in words of our own: messages of libraries may quote what was sent. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `its claim "${error.claim}" does not hold`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not hold';
  return 'it cannot be verified';
}

function principalOf(payload: JWTPayload): Principal {
  const { sub, exp = 0 } = payload;
  const tenant = payload['tenant'];
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) throw refused('its claim "sub" does not hold');
  if (typeof tenant !== 'string' || !SCOPE_NAME.test(tenant))
    throw refused('its claim "tenant" does not hold');
  const scopes = wordsOf(payload['scope'] ?? payload['scp']);
  if (scopes === undefined) throw refused('its claim "scope" does not hold');
  return {
    subject: sub,
    tenant,
    environments: environmentsOf(payload['environments']),
    scopes: new Set(scopes.filter(isAuthScope)),
    expiresAt: exp,
  };
}

function environmentsOf(claim: unknown): Principal['environments'] {
  if (claim === '*') return claim;
  const names = Array.isArray(claim) ? claim : undefined;
  const isSound =
    names !== undefined &&
    names.length <= ENVIRONMENTS_MAX &&
    names.every((name) => typeof name === 'string' && SCOPE_NAME.test(name));
  if (!isSound) throw refused('its claim "environments" does not hold');
  return new Set(names as readonly string[]);
}

function wordsOf(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return [];
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  const isList = Array.isArray(claim) && claim.every((word) => typeof word === 'string');
  return isList ? claim : undefined;
}

function refused(is: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    `Cannot accept the bearer token: ${is} (want a token of the configured issuer for this registry)`,
    { outcome: 'not-applied', cause },
  );
}
