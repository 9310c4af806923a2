import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { quote, RegistryError } from '#domain/errors';

/** Where key and certificates lie. */
export interface TlsPaths {
  /** The certificate of the server, then those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** The authorities of clients; without it clients need no certificate. */
  readonly clientCa: string | undefined;
}

/** Key and certificates that fit together. */
export interface TlsFiles {
  readonly context: SecureContextOptions;
  /** Another one means other files. */
  readonly digest: string;
  /** Until when every certificate that the server shows is valid. */
  readonly validToMs: number;
}

interface PemFile {
  readonly setting: string;
  readonly path: string;
  readonly text: string;
}

// RFC 8996: what is older has been given up. Written out, because an option of Node could lower its default.
const MIN_VERSION = 'TLSv1.2';
// Keys that are thrown away after each connection, and ciphers that notice changes, the strongest first: a recorded connection
// stays closed to whoever has the server's key later. Node by itself offers others too.
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');
const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
const BEGIN = /-----BEGIN /g;

/**
 * Reads key and certificates and checks that a server can use them together, now.
 * @throws CANNOT_START that names the setting: a file is not there, half there, of another key, or past its time
 */
export async function readTlsFiles(paths: TlsPaths, nowMs: number): Promise<TlsFiles> {
  const [cert, key, ca] = await Promise.all([
    readPem('ATLAS_TLS_CERT', paths.cert),
    readPem('ATLAS_TLS_KEY', paths.key),
    paths.clientCa === undefined ? undefined : readPem('ATLAS_TLS_CLIENT_CA', paths.clientCa),
  ]);
  const chain = certificatesOf(cert);
  checkKey(chain[0], { cert, key });
  for (const one of chain) checkTime(one, { file: cert, nowMs });
  if (ca !== undefined) certificatesOf(ca);
  const context = {
    cert: cert.text,
    key: key.text,
    minVersion: MIN_VERSION,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ...(ca === undefined ? {} : { ca: ca.text }),
  } as const;
  try {
    createSecureContext(context);
  } catch (cause) {
    throw refusal(cert, { is: `TLS does not take it, ${messageOf(cause)}`, want: 'others', cause });
  }
  const hash = createHash('sha256');
  for (const text of [cert.text, key.text, ca?.text ?? '']) hash.update(`${text.length}:${text}`);
  const validToMs = Math.min(...chain.map(({ validTo }) => Date.parse(validTo)));
  return { context, digest: hash.digest('hex'), validToMs };
}

async function readPem(setting: string, path: string): Promise<PemFile> {
  try {
    return { setting, path, text: await readFile(path, 'latin1') };
  } catch (cause) {
    const is = `it cannot be read, ${messageOf(cause)}`;
    throw refusal(
      { setting, path },
      { is, want: 'a file in PEM that this process may read', cause },
    );
  }
}

/** Gives the certificates of a file in their order: at least one. */
function certificatesOf(file: PemFile): readonly X509Certificate[] {
  const want = 'one or more certificates in PEM, each from its BEGIN to its END';
  const blocks = [...file.text.matchAll(PEM_BLOCK)];
  // A file that is being written ends in the middle of a block.
  if (blocks.length !== file.text.match(BEGIN)?.length)
    throw refusal(file, { is: 'it holds no whole certificate, or ends in the middle', want });
  const certificates = blocks.filter(([, label]) => label === 'CERTIFICATE');
  if (certificates.length === 0) throw refusal(file, { is: 'it holds no certificate', want });
  try {
    return certificates.map(([block]) => new X509Certificate(block));
  } catch (cause) {
    const is = `one of its certificates cannot be read, ${messageOf(cause)}`;
    throw refusal(file, { is, want, cause });
  }
}

function checkKey(
  certificate: X509Certificate | undefined,
  { cert, key }: { readonly cert: PemFile; readonly key: PemFile },
): void {
  let parsed: KeyObject;
  try {
    parsed = createPrivateKey(key.text);
  } catch {
    // What the parser says of a key may quote it.
    throw refusal(key, { is: 'it holds no private key', want: 'one in PEM, without a passphrase' });
  }
  if (certificate?.checkPrivateKey(parsed) === true) return;
  const want = 'the key of the first certificate there';
  throw refusal(key, { is: `it is not the key of ATLAS_TLS_CERT=${quote(cert.path)}`, want });
}

function checkTime(
  { validFrom, validTo }: X509Certificate,
  { file, nowMs }: { readonly file: PemFile; readonly nowMs: number },
): void {
  const want = 'certificates that are valid now';
  if (Date.parse(validTo) <= nowMs)
    throw refusal(file, { is: `a certificate in it has expired on ${validTo}`, want });
  if (Date.parse(validFrom) > nowMs)
    throw refusal(file, { is: `a certificate in it is not valid before ${validFrom}`, want });
}

function refusal(
  { setting, path }: Omit<PemFile, 'text'>,
  { is, want, cause }: { readonly is: string; readonly want: string; readonly cause?: unknown },
): RegistryError {
  const message = `Cannot use ${setting}=${quote(path)}: ${is} (want ${want})`;
  return new RegistryError('CANNOT_START', message, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
