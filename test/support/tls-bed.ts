import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ConnectionOptions, connect, type PeerCertificate } from 'node:tls';
import { Agent, request } from 'undici';
import type { IssuedCertificate } from '#test/support/certificates';

/** A folder of secrets as Kubernetes mounts one: `tls.crt` and `tls.key` are links that change in one step. */
export class MountedSecret {
  readonly certPath: string;
  readonly keyPath: string;
  readonly #folder: string;

  constructor(folder: string, first: Pick<IssuedCertificate, 'cert' | 'key'>) {
    this.#folder = join(folder, 'mounted');
    mkdirSync(this.#folder);
    this.certPath = join(this.#folder, 'tls.crt');
    this.keyPath = join(this.#folder, 'tls.key');
    this.swap(first);
    symlinkSync(join('..data', 'tls.crt'), this.certPath);
    symlinkSync(join('..data', 'tls.key'), this.keyPath);
  }

  /** Puts another pair in place of the one that is there. */
  swap({ cert, key }: Pick<IssuedCertificate, 'cert' | 'key'>): void {
    const fresh = mkdtempSync(`${this.#folder}/..`);
    writeFileSync(join(fresh, 'tls.crt'), cert);
    writeFileSync(join(fresh, 'tls.key'), key);
    const link = join(this.#folder, '..data_tmp');
    symlinkSync(basename(fresh), link);
    renameSync(link, join(this.#folder, '..data'));
  }
}

/** What a client sees of a server over TLS. */
export interface ShownTls {
  readonly subject: PeerCertificate['subject'];
  readonly protocol: string | null;
  readonly cipher: string;
  readonly session: Buffer | undefined;
  readonly isResumed: boolean;
}

/** Makes a connection, sends a request over it and gives what the server shows. Rejects when the server does not want it. */
export async function shownBy(url: string, options: ConnectionOptions = {}): Promise<ShownTls> {
  const { hostname: host, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ...options });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
    // With TLS 1.3 the handshake ends before the server has judged a client: what it answers tells.
    socket.once('secureConnect', () =>
      socket.write('HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    socket.once('data', () => {
      resolve({
        subject: socket.getPeerCertificate().subject,
        protocol: socket.getProtocol(),
        cipher: socket.getCipher().name,
        session: socket.getSession(),
        isResumed: socket.isSessionReused(),
      });
      socket.destroy();
    });
  });
}

/** Asks for a path over a connection of its own. */
export async function askOnce(
  url: string,
  tls: { readonly ca: string; readonly cert?: string; readonly key?: string },
) {
  const dispatcher = new Agent({ connect: tls });
  try {
    const reply = await request(url, { dispatcher });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  } finally {
    await dispatcher.close();
  }
}
