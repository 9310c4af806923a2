import { readFileSync } from 'node:fs';
import { Agent, fetch as fetchOverAgent } from 'undici';

type Fetch = typeof globalThis.fetch;

/**
 * Gives the `fetch` of all commands: it shows the certificate in `ATLAS_CLIENT_CERT` where there is one. Authorities of
 * one's own are added by Node, with `NODE_EXTRA_CA_CERTS`.
 * @throws Error when certificate and key cannot be used
 */
export function registryFetch(): Fetch {
  const [cert, key] = [
    process.env['ATLAS_CLIENT_CERT'] ?? '',
    process.env['ATLAS_CLIENT_KEY'] ?? '',
  ];
  if (cert === '' && key === '') return globalThis.fetch;
  if (cert === '' || key === '')
    throw new Error(
      'Cannot use ATLAS_CLIENT_CERT and ATLAS_CLIENT_KEY: one is not set (want both)',
    );
  const connect = {
    cert: readSetting('ATLAS_CLIENT_CERT', cert),
    key: readSetting('ATLAS_CLIENT_KEY', key),
  };
  const dispatcher = new Agent({ connect });
  // Node's own fetch takes no agent of another version of the library behind it.
  const shown = fetchOverAgent as unknown as (input: unknown, init: object) => Promise<Response>;
  return async (input, init) => await shown(input, { ...init, dispatcher });
}

function readSetting(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot use ${setting}=${JSON.stringify(path)}: ${is} (want a file in PEM)`, {
      cause,
    });
  }
}
