import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { AtlasClient } from '#api-client/atlas-client';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import { ProgressBar } from '#cli/command/progress';

/** A file as it was named on the command line, and what its dataset calls it. */
export interface NamedFile {
  readonly key: string;
  readonly path: string;
  /** Whether the key was given, and not made from the name of the file. */
  readonly isKeyGiven?: boolean;
}

/** A file whose bytes are known. */
export interface LocalFile extends NamedFile {
  readonly sha256: string;
  readonly bytes: number;
}

type Watcher = Pick<CommandHost, 'err'>;

const CHUNK_BYTES = 1_024 * 1_024;
// How long nothing may move before an upload is given up; how long it takes in all depends on the file.
const STALL_MS = 120_000;

/** Reads `<key>=<path>`; without a key, and where the whole of it is a file that is there, the name of the file is its key. */
export function parseNamedFile(value: string): NamedFile {
  const at = value.indexOf('=');
  if (at <= 0 || existsSync(value)) return { key: basename(value), path: value };
  return { key: value.slice(0, at), path: value.slice(at + 1), isKeyGiven: true };
}

/** Hashes a file. @throws CommandFault for what is no file that can be read */
export async function hashFile(
  { key, path }: NamedFile,
  host: Watcher,
  signal: AbortSignal,
): Promise<LocalFile> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(
      path,
      error instanceof Error && 'code' in error ? String(error.code) : String(error),
    );
  });
  if (!found.isFile()) throw unreadable(path, 'it is no file');
  const hash = createHash('sha256');
  const progress = new FileProgress(host, `Hashing ${key}`, found.size);
  let bytes = 0;
  for await (const chunk of chunksOf(path, signal)) {
    hash.update(chunk);
    bytes += chunk.length;
    progress.advance(chunk.length);
  }
  progress.end();
  return { key, path, sha256: hash.digest('hex'), bytes };
}

/** Uploads a file under its digest. @throws ClientError */
export async function uploadFile(
  client: AtlasClient,
  { key, path, sha256, bytes }: LocalFile,
  host: Watcher,
): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    const is = `nothing moved for ${STALL_MS} ms`;
    stalled.abort(
      new CommandFault(
        EXIT.unreachable,
        `Cannot upload ${JSON.stringify(path)}: ${is} (want a registry that takes it)`,
      ),
    );
  }, STALL_MS);
  const attempts: FileProgress[] = [];
  async function* counted(): AsyncGenerator<Uint8Array> {
    // An upload that is sent again begins again.
    const progress = new FileProgress(host, `Uploading ${key}`, bytes);
    attempts.push(progress);
    for await (const chunk of chunksOf(path)) {
      timer.refresh();
      yield chunk;
      progress.advance(chunk.length);
    }
  }
  try {
    const { signal } = stalled;
    await client.uploadArtifact(() => ReadableStream.from(counted()), { sha256, signal });
  } finally {
    clearTimeout(timer);
    attempts.at(-1)?.end();
  }
}

/** A bar for whoever watches. Elsewhere nothing is written: a file is one step. */
class FileProgress {
  readonly #host: Watcher;
  readonly #bar: ProgressBar | undefined;

  constructor(host: Watcher, label: string, bytes: number) {
    this.#host = host;
    this.#bar = host.err.isTTY === true ? new ProgressBar(host.err, label, bytes) : undefined;
  }

  advance(bytes: number): void {
    this.#bar?.advance(bytes, '');
  }

  end(): void {
    if (this.#bar !== undefined) this.#host.err.write('\r\u001b[2K');
  }
}

function chunksOf(path: string, signal?: AbortSignal): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
}

function unreadable(path: string, is: string): CommandFault {
  return new CommandFault(
    EXIT.usage,
    `Cannot read file ${JSON.stringify(path)}: ${is} (want a file)`,
  );
}
