import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#flow/clock';
import type { HttpLimits, HttpTransportOptions } from '#stores/http-s3/http-options';
import { HttpS3Store } from '#stores/http-s3/http-s3-store';
import { HttpTransport } from '#stores/http-s3/http-transport';

/** Waits for tests: all different, and long enough for a clock that nobody moves. */
export const HTTP_LIMITS: HttpLimits = {
  connectMs: 20_000,
  firstByteMs: 10_000,
  idleMs: 15_000,
  totalMs: 50_000,
  artifactTotalMs: 100_000,
};

/** Makes a transport of source `far` to a server on this machine. */
export function httpTransport(
  options: Partial<HttpTransportOptions> & { readonly baseUrl: string },
): HttpTransport {
  return new HttpTransport({
    source: 'far',
    allowPrivateHosts: true,
    connectionsMax: 8,
    limits: HTTP_LIMITS,
    clock: systemClock,
    ...options,
  });
}

/** Makes a store over such a transport. */
export function httpStore(...[options]: Parameters<typeof httpTransport>): HttpS3Store {
  return new HttpS3Store({ source: 'far', transport: httpTransport(options) });
}

/** Makes a key and a certificate for 127.0.0.1 that nobody but itself has signed. */
export function selfSigned(folder: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=store', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', key, '-out', cert];
  const args = ['req', '-x509', '-days', '2', ...kind, ...subject, ...files];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
