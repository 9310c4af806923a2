import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '#flow/clock';
import { readTlsFiles, type TlsFiles, type TlsPaths } from '#http/tls/tls-files';

/** What becomes of changed files. */
export type TlsEvent =
  | { readonly type: 'renewed'; readonly validTo: string }
  /** What was used before is still in use. */
  | { readonly type: 'refused'; readonly error: unknown };

export interface TlsIdentityOptions {
  readonly paths: TlsPaths;
  readonly clock: Clock;
  /** How often the files are looked at. */
  readonly reloadMs: number;
  readonly onEvent: (event: TlsEvent) => void;
}

/**
 * Key and certificates of a server, renewed while it runs. The content of the files is compared, not their times: links
 * that are swapped (Kubernetes), files that are replaced and files on shared disks are all the same so.
 *
 *   in use ──► the files differ and fit ──► in use, by new connections
 *                              │ half-written, of another key, expired
 *                              └──► told once; what is in use stays, and they are read again at the next look
 */
export class TlsIdentity {
  readonly #options: TlsIdentityOptions;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(context: SecureContextOptions) => void>();
  #files: TlsFiles;
  #refusal: string | undefined;
  #looking: Promise<void> | undefined;
  #watching: Promise<void> | undefined;

  private constructor(options: TlsIdentityOptions, files: TlsFiles) {
    this.#options = options;
    this.#files = files;
  }

  /** Reads the files and follows them from then on. @throws CANNOT_START when they cannot be used */
  static async open(options: TlsIdentityOptions): Promise<TlsIdentity> {
    const files = await readTlsFiles(options.paths, options.clock.nowMs());
    const identity = new TlsIdentity(options, files);
    identity.#watching = identity.#watch();
    return identity;
  }

  /** What new connections use. */
  get context(): SecureContextOptions {
    return this.#files.context;
  }

  /** Whether clients must show a certificate. */
  get asksForCertificates(): boolean {
    return this.#options.paths.clientCa !== undefined;
  }

  /** Until when the certificates in use are valid. */
  get validToMs(): number {
    return this.#files.validToMs;
  }

  /** Why the files that are there now are not in use; `undefined` when they are. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Calls the listener with every renewal. */
  onRenewed(listener: (context: SecureContextOptions) => void): void {
    this.#listeners.add(listener);
  }

  /** Looks at the files now. */
  async look(): Promise<void> {
    // Whoever asks while a look is under way may have seen what it has not: another one follows.
    await this.#looking;
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await this.#looking;
  }

  async #watch(): Promise<void> {
    const { clock, reloadMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(reloadMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.look();
    }
  }

  async #read(): Promise<void> {
    const { paths, clock, onEvent } = this.#options;
    try {
      const files = await readTlsFiles(paths, clock.nowMs());
      this.#refusal = undefined;
      if (files.digest === this.#files.digest) return;
      for (const listener of this.#listeners) listener(files.context);
      this.#files = files;
      onEvent({ type: 'renewed', validTo: new Date(files.validToMs).toISOString() });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === this.#refusal) return;
      this.#refusal = message;
      onEvent({ type: 'refused', error });
    }
  }
}
