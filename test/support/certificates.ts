import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key and a certificate, as files and as text. */
export interface IssuedCertificate {
  readonly keyPath: string;
  readonly certPath: string;
  readonly key: string;
  readonly cert: string;
}

/** An authority of a test alone. */
export interface TestAuthority {
  readonly caPath: string;
  readonly ca: string;
  /** Makes a key and a certificate. `expired` ended yesterday. */
  issue(name: string, options?: { readonly expired?: boolean }): IssuedCertificate;
  /** Makes an authority below this one. */
  intermediate(name: string): TestAuthority;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const HOSTS = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

/** Makes an authority whose files lie in a folder. */
export function testAuthority(folder: string, name = 'authority'): TestAuthority {
  const [keyPath, caPath] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ['-subj', `/CN=${name}`, '-days', '2'];
  openssl(['req', '-x509', ...NEW_KEY, ...subject, '-keyout', keyPath, '-out', caPath]);
  return authorityAt(folder, { keyPath, caPath });
}

function authorityAt(
  folder: string,
  { keyPath: caKeyPath, caPath }: { readonly keyPath: string; readonly caPath: string },
): TestAuthority {
  const sign = (name: string, days: string, extensions: string): IssuedCertificate => {
    const [keyPath, certPath] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const [request, ext] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
    writeFileSync(ext, extensions);
    openssl(['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', keyPath, '-out', request]);
    const signer = ['-CA', caPath, '-CAkey', caKeyPath, '-days', days, '-extfile', ext];
    openssl(['x509', '-req', '-in', request, ...signer, '-out', certPath]);
    const [key, cert] = [readFileSync(keyPath, 'utf8'), readFileSync(certPath, 'utf8')];
    return { keyPath, certPath, key, cert };
  };
  return {
    caPath,
    ca: readFileSync(caPath, 'utf8'),
    issue: (name, { expired = false } = {}) => sign(name, expired ? '-1' : '2', HOSTS),
    intermediate: (name) => {
      const made = sign(name, '2', 'basicConstraints=critical,CA:TRUE');
      return authorityAt(folder, { keyPath: made.keyPath, caPath: made.certPath });
    },
  };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}
