import { readFileSync } from 'node:fs';
import { checkServerIdentity, type ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import type { ConnectionOptions } from 'nats';
import { listWithoutCredentials } from '#clients/without-credentials';
import { quote, RegistryError } from '#domain/errors';

/** Files of TLS to NATS. Each is read again for every connection. */
export interface NatsTlsFiles {
  /** The authorities that count, in place of those that come with Node. */
  readonly caPath?: string | undefined;
  /** What this process shows of itself, and its key. */
  readonly certPath?: string | undefined;
  readonly keyPath?: string | undefined;
}

type ServerOptions = Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'>;

/**
 * Splits a list of URLs into servers and the credentials of the first that has any. With `tls://` in one of them, or with
 * files of TLS, nothing is said to a server without it.
 * @throws CANNOT_START
 */
export function serversOf(url: string, files: NatsTlsFiles = {}): ServerOptions {
  const urls = url.split(',').map((one) => {
    const text = one.includes('://') ? one.trim() : `nats://${one.trim()}`;
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    const isServer = parsed !== undefined && ['nats:', 'tls:'].includes(parsed.protocol);
    if (isServer && parsed.hostname !== '') return parsed;
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use NATS_URL ${quote(listWithoutCredentials(url))}: it is not a list of NATS servers (want nats://host:4222)`,
    );
  });
  const servers = urls.map(
    ({ protocol, hostname, port }) => `${protocol}//${hostname}:${port === '' ? '4222' : port}`,
  );
  const tls = tlsOf(urls, files);
  const holder = urls.find(({ username }) => username !== '');
  if (holder === undefined) return { servers, ...tls };
  const [user, pass] = [decodeURIComponent(holder.username), decodeURIComponent(holder.password)];
  return pass === '' ? { servers, ...tls, token: user } : { servers, ...tls, user, pass };
}

function tlsOf(urls: readonly URL[], files: NatsTlsFiles): Pick<ConnectionOptions, 'tls'> {
  const { caPath, certPath, keyPath } = files;
  const isAsked = urls.some(({ protocol }) => protocol === 'tls:');
  if (!isAsked && Object.values(files).every((path) => path === undefined)) return {};
  for (const [setting, path] of [
    ['NATS_CA_PATH', caPath],
    ['NATS_CERT_PATH', certPath],
    ['NATS_KEY_PATH', keyPath],
  ] as const)
    if (path !== undefined) checkReadable(setting, path);
  const hosts = urls.map(({ hostname }) => hostname.replaceAll(/[[\]]/g, ''));
  const options: ConnectionOptions['tls'] & TlsConnectionOptions = {
    minVersion: 'TLSv1.2',
    // The client names no host where it connects to an address, and Node would then ask for a certificate of "localhost".
    checkServerIdentity: (_host, certificate) => {
      const errors = hosts.map((host) => checkServerIdentity(host, certificate));
      return errors.includes(undefined) ? undefined : errors[0];
    },
    ...(caPath === undefined ? {} : { caFile: caPath }),
    ...(certPath === undefined ? {} : { certFile: certPath }),
    ...(keyPath === undefined ? {} : { keyFile: keyPath }),
  };
  return { tls: options };
}

function checkReadable(setting: string, path: string): void {
  try {
    readFileSync(path);
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use ${setting}=${quote(path)}: ${is} (want a file in PEM that this process may read)`,
      { cause },
    );
  }
}
