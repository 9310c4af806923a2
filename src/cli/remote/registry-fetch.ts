import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent, fetch as fetchOverAgent } from 'undici';
import { variable } from '#cli/command/environment';
import { CommandFault, EXIT } from '#cli/command/exit-code';

type Fetch = typeof globalThis.fetch;

/** A file in PEM, and what has named it. */
export interface PemFile {
  readonly from: string;
  readonly path: string;
}

/** What a command shows to a registry, and whom it believes. */
export interface TlsFiles {
  readonly cert?: PemFile | undefined;
  readonly key?: PemFile | undefined;
  /** What has named them, for people. */
  readonly from: string;
  /** Authorities beside those of Node. */
  readonly ca?: PemFile | undefined;
}

/** Gives what `ATLAS_CLIENT_CERT` and `ATLAS_CLIENT_KEY` name. */
export function tlsFilesOfEnvironment(): TlsFiles {
  const from = 'ATLAS_CLIENT_CERT and ATLAS_CLIENT_KEY';
  return { from, cert: named('ATLAS_CLIENT_CERT'), key: named('ATLAS_CLIENT_KEY') };
}

/**
 * Gives the `fetch` of all commands: it shows a certificate where there is one. Authorities of one's own are those of a
 * profile, or are added by Node with `NODE_EXTRA_CA_CERTS`.
 * @throws CommandFault when certificate and key cannot be used
 */
export function registryFetch({ from, cert, key, ca }: TlsFiles): Fetch {
  if ((cert === undefined) !== (key === undefined))
    throw new CommandFault(EXIT.usage, `Cannot use ${from}: one is not set (want both)`);
  if (cert === undefined && ca === undefined) return globalThis.fetch;
  const connect = {
    ...(cert === undefined ? {} : { cert: readPem(cert) }),
    ...(key === undefined ? {} : { key: readPem(key) }),
    ...(ca === undefined ? {} : { ca: [...rootCertificates, readPem(ca)] }),
  };
  const dispatcher = new Agent({ connect });
  // Node's own fetch takes no agent of another version of the library behind it.
  const shown = fetchOverAgent as unknown as (input: unknown, init: object) => Promise<Response>;
  return async (input, init) => await shown(input, { ...init, dispatcher });
}

function named(from: string): PemFile | undefined {
  const path = variable(from);
  return path === undefined ? undefined : { from, path };
}

function readPem({ from, path }: PemFile): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFault(
      EXIT.usage,
      `Cannot use ${from}=${JSON.stringify(path)}: ${is} (want a file in PEM)`,
      { cause },
    );
  }
}
