import { isIPv4 } from 'node:net';
import type { Config } from '#ops/config/settings';

/** Tells whether a server on that host is reached from its own machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Settings about who may do what that fit each by itself and not together. */
export function authContradictions(config: Partial<Config>): readonly string[] {
  if (config.auth === 'jwt') return tokenContradictions(config);
  return [...openToOthers(config), ...unusedTokens(config), ...unusedBootstrap(config)];
}

function openToOthers(config: Partial<Config>): readonly string[] {
  const { bind, allowAnybody } = config;
  if (config.auth === 'keys' || bind === undefined || allowAnybody === true) return [];
  if (isLoopback(bind.host)) return [];
  return [
    `Cannot use BIND_ADDR="${bind.host}:${bind.port}" without ATLAS_AUTH: whoever reaches it could change everything (want ATLAS_AUTH=jwt or keys, an address of loopback, or ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE=true)`,
  ];
}

/** Who configures tokens believes that they are asked for. */
function unusedTokens(config: Partial<Config>): readonly string[] {
  const named = Object.entries({
    ATLAS_JWT_ISSUER: config.jwtIssuer,
    ATLAS_JWT_AUDIENCE: config.jwtAudience,
    ATLAS_JWT_KEYS: config.jwtKeys,
    ATLAS_JWKS_URL: config.jwksUrl,
    ATLAS_JWT_SECRET_FILE: config.jwtSecretFile,
  }).filter(([, value]) => value !== undefined);
  if (named.length === 0) return [];
  const names = named.map(([name]) => name).join(', ');
  return [
    `Cannot use ${names} without ATLAS_AUTH: nobody would be asked for a token (want ATLAS_AUTH=jwt)`,
  ];
}

function unusedBootstrap({ auth, bootstrapKeyFile }: Partial<Config>): readonly string[] {
  if (auth === 'keys' || bootstrapKeyFile === undefined) return [];
  return [
    'Cannot use ATLAS_BOOTSTRAP_KEY_FILE without ATLAS_AUTH: nobody would be asked for a key (want ATLAS_AUTH=jwt or keys)',
  ];
}

function tokenContradictions(config: Partial<Config>): readonly string[] {
  const { jwtIssuer, jwtAudience, jwtKeys, jwksUrl, jwtSecretFile, jwtAlgorithms = [] } = config;
  const allowsSecret = jwtAlgorithms.includes('HS256');
  const others = jwtAlgorithms.filter((one) => one !== 'HS256');
  const problems: readonly (readonly [boolean, string])[] = [
    [jwtIssuer === undefined, 'there is no ATLAS_JWT_ISSUER (want what tokens say in "iss")'],
    [jwtAudience === undefined, 'there is no ATLAS_JWT_AUDIENCE (want what tokens say in "aud")'],
    [
      jwtKeys !== undefined && jwksUrl !== undefined,
      'there are ATLAS_JWT_KEYS and ATLAS_JWKS_URL (want one of them)',
    ],
    [
      others.length > 0 && jwtKeys === undefined && jwksUrl === undefined,
      `there are no keys for ${others.join(', ')} (want ATLAS_JWT_KEYS or ATLAS_JWKS_URL)`,
    ],
    [
      allowsSecret !== (jwtSecretFile !== undefined),
      'HS256 and ATLAS_JWT_SECRET_FILE go together (want both or none)',
    ],
  ];
  return problems.filter(([is]) => is).map(([, text]) => `Cannot use ATLAS_AUTH=jwt: ${text}`);
}
