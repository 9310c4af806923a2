import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Finding, ok, problemOf, warning } from '#cli/doctor/finding';
import type { Check } from '#compose/doctor/check';
import { quote } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { readTlsFiles } from '#http/tls/tls-files';
import type { Config } from '#ops/config/settings';

const DAY_MS = 86_400_000;
const WARNED_DAYS = 21;

/** Looks at certificates: that they fit their keys, for how long, and for which names. */
export const checkTls: Check = async ({ config }) => [
  ...(await ownCertificate(config)),
  ...natsCertificates(config),
];

async function ownCertificate(config: Config): Promise<readonly Finding[]> {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa, hostNames } = config;
  if (cert === undefined || key === undefined) return [];
  try {
    const { validToMs } = await readTlsFiles({ cert, key, clientCa }, systemClock.nowMs());
    const shown = new X509Certificate(readFileSync(cert));
    const names = namesOf(shown);
    const others = hostNames.filter((name) => shown.checkHost(name) === undefined);
    const is = `for ${names}; ${until(validToMs)}`;
    if (names === 'no name')
      return [
        warning(
          'tls',
          is,
          'ask for a certificate with names (subjectAltName): clients refuse others',
        ),
      ];
    if (others.length > 0)
      return [
        warning(
          'tls',
          `${is}; not for ${others.join(', ')} of ATLAS_HOST_NAMES`,
          'ask for one with that name',
        ),
      ];
    return [expiry('tls', is, validToMs)];
  } catch (error) {
    return [problemOf('tls', error)];
  }
}

function natsCertificates({ natsCert, natsCa }: Config): readonly Finding[] {
  const files = { NATS_CERT_PATH: natsCert, NATS_CA_PATH: natsCa };
  return Object.entries(files).flatMap(([setting, path]) => {
    if (path === undefined) return [];
    try {
      const validToMs = Date.parse(new X509Certificate(readFileSync(path)).validTo);
      return [expiry('tls', `${setting}: ${until(validToMs)}`, validToMs)];
    } catch (error) {
      const is = error instanceof Error ? error.message : String(error);
      const message = `Cannot use ${setting}=${quote(path)}: ${is} (want a file in PEM)`;
      return [problemOf('tls', new Error(message))];
    }
  });
}

/** Says how a certificate stands by its end. */
export function expiry(check: string, is: string, validToMs: number): Finding {
  const leftMs = validToMs - systemClock.nowMs();
  if (leftMs <= 0)
    return problemOf(
      check,
      new Error(`${is}, which is over (want a new one: it is read without a restart)`),
    );
  const isSoon = leftMs < WARNED_DAYS * DAY_MS;
  return isSoon
    ? warning(check, is, 'renew it: new files are read without a restart')
    : ok(check, is);
}

function until(ms: number): string {
  return `valid until ${new Date(ms).toISOString().slice(0, 10)}`;
}

function namesOf({ subjectAltName }: X509Certificate): string {
  return subjectAltName?.replaceAll(/(DNS|IP Address):/g, '') ?? 'no name';
}
