import { z } from 'zod';
import { flag, setting, text, whole } from '#ops/config/setting';

/** The signatures that a setting may allow. */
const ALGORITHMS = [
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

const algorithmList = z
  .string()
  .transform((value) => value.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(ALGORITHMS, `want some of ${ALGORITHMS.join(', ')}, with commas`)).min(1));

const httpsUrl = z.url({
  protocol: /^https$/,
  error: 'want https://host/path',
});

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** `registry.example,registry.internal` */
const hostNameList = z
  .string()
  .transform((list) =>
    list
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  .transform((names) => names.filter((name) => name !== ''))
  .refine(
    (names) => names.every((name) => HOST_NAME.test(name)),
    'want names of hosts without ports, with commas',
  );

/** The settings that say who may do what. */
export const AUTH_SETTINGS = {
  auth: setting('ATLAS_AUTH', z.enum(['off', 'jwt', 'keys']), {
    default: 'off',
    doc: 'Who may send requests: `jwt` asks for tokens of an issuer or for API keys, `keys` for API keys alone; `off` asks nobody and is allowed on loopback alone.',
  }),
  allowAnybody: setting('ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE', flag, {
    default: 'false',
    doc: 'Starts without ATLAS_AUTH on an address that others can reach. Whoever reaches it may then change everything.',
  }),
  hostNames: setting('ATLAS_HOST_NAMES', hostNameList, {
    default: '',
    doc: 'Names, with commas, under which a node on loopback without ATLAS_AUTH may be asked, beside `localhost` and addresses: for a proxy on the same machine. Others are refused, because a page could make its own name lead here.',
  }),
  bootstrapKeyFile: setting('ATLAS_BOOTSTRAP_KEY_FILE', text.optional(), {
    doc: 'Path of a file with a key of 32 characters or more that may issue and revoke API keys in every tenant, and nothing else: for the first one.',
  }),
  jwtIssuer: setting('ATLAS_JWT_ISSUER', text.optional(), {
    doc: 'What the claim `iss` of every token must be.',
  }),
  jwtAudience: setting('ATLAS_JWT_AUDIENCE', text.optional(), {
    doc: 'What the claim `aud` of every token must hold.',
  }),
  jwtKeys: setting('ATLAS_JWT_KEYS', text.optional(), {
    doc: 'Path of a file with the public keys of the issuer: a JWK set, a JWK or PEM. Read at the start.',
  }),
  jwksUrl: setting('ATLAS_JWKS_URL', httpsUrl.optional(), {
    doc: 'Where the issuer publishes its keys. They are kept for ten minutes, and fetched again for a key that is new, at most twice a minute.',
    secret: true,
  }),
  jwksPrivateHost: setting('ATLAS_ALLOW_PRIVATE_JWKS_HOST', flag, {
    default: 'false',
    doc: 'Whether that host may be inside your own network.',
  }),
  jwtAlgorithms: setting('ATLAS_JWT_ALGORITHMS', algorithmList, {
    default: 'RS256,PS256,ES256,EdDSA',
    doc: 'Signatures that are accepted. HS256 needs ATLAS_JWT_SECRET_FILE.',
  }),
  jwtSecretFile: setting('ATLAS_JWT_SECRET_FILE', text.optional(), {
    doc: 'Path of a file with the secret of HS256, at least 32 bytes.',
  }),
  token: setting('ATLAS_TOKEN', text.optional(), {
    doc: 'Bearer token that the commands of `atlas-registry` send.',
    secret: true,
  }),
  profile: setting('ATLAS_PROFILE', text.optional(), {
    doc: 'The profile that the commands of `atlas-registry` take where neither `--profile` nor `--url` is given.',
  }),
  jwtLeewaySeconds: setting('ATLAS_JWT_LEEWAY_SECONDS', whole(0, 60), {
    default: '30',
    doc: 'How far the clocks of issuer and registry may disagree.',
  }),
};
