import { readFileSync, statSync } from 'node:fs';
import { type Finding, ok, problem, warning } from '#cli/doctor/finding';
import type { Check } from '#compose/doctor/check';
import { quote } from '#domain/errors';
import { isLoopback } from '#ops/config/auth-contradictions';
import type { Config } from '#ops/config/settings';

const CHECK = 'access';
const READ_BY_OTHERS = 0o004;
const BOOTSTRAP_LENGTH_MIN = 32;

/** Looks at who may do what, and at the files that say so. */
export const checkAuth: Check = async ({ config }) => [
  whoFinding(config),
  ...secretFiles(config).flatMap(([setting, path]) => fileFindings(setting, path)),
];

function whoFinding({ auth, bind, tlsCert }: Config): Finding {
  const isOpen = !isLoopback(bind.host);
  const at = `${bind.host}:${bind.port}`;
  if (auth === 'off' && isOpen)
    return warning(
      CHECK,
      `everybody who reaches ${at} may change everything`,
      'set ATLAS_AUTH=jwt or keys, unless a network that you trust is all that reaches it',
    );
  if (auth === 'off')
    return ok(CHECK, 'everybody on this machine, and nobody else: it listens on loopback');
  if (isOpen && tlsCert === undefined)
    return warning(
      CHECK,
      `tokens come to ${at} as plain text`,
      'set ATLAS_TLS_CERT and ATLAS_TLS_KEY, unless a proxy ends TLS before it',
    );
  return ok(CHECK, `ATLAS_AUTH=${auth}`);
}

function secretFiles(config: Config): readonly (readonly [string, string])[] {
  const files = {
    ATLAS_BOOTSTRAP_KEY_FILE: config.bootstrapKeyFile,
    ATLAS_JWT_KEYS: config.jwtKeys,
    ATLAS_JWT_SECRET_FILE: config.jwtSecretFile,
    ATLAS_AUDIT_KEY: config.auditKey,
    ATLAS_WEBHOOK_KEY: config.webhookKey,
    ATLAS_TLS_KEY: config.tlsKey,
    NATS_NKEY_PATH: config.natsNkey,
    NATS_CREDS_PATH: config.natsCreds,
  };
  return Object.entries(files).flatMap(([setting, path]) =>
    path === undefined ? [] : [[setting, path] as const],
  );
}

function fileFindings(setting: string, path: string): readonly Finding[] {
  const name = `${setting}=${quote(path)}`;
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    return [
      problem(
        CHECK,
        `${name}: ${is}`,
        'put the file there, readable by the account of the registry',
      ),
    ];
  }
  const found: Finding[] = [];
  if (setting === 'ATLAS_BOOTSTRAP_KEY_FILE' && content.trim().length < BOOTSTRAP_LENGTH_MIN)
    found.push(
      problem(
        CHECK,
        `${name} is shorter than ${BOOTSTRAP_LENGTH_MIN} characters`,
        'make one: openssl rand -hex 32',
      ),
    );
  // Public keys may be read by everybody.
  const isSecret = setting !== 'ATLAS_JWT_KEYS';
  if (isSecret && (statSync(path).mode & READ_BY_OTHERS) !== 0)
    found.push(
      warning(
        CHECK,
        `${name} can be read by every account`,
        `chmod 600 ${path}, or 640 with the group of the registry`,
      ),
    );
  return found;
}
