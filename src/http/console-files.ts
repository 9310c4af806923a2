import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { strongEtag } from '#http/conditional';

/** One file of the console, as it was built, and packed in advance. */
export interface ConsoleFile {
  readonly type: string;
  readonly body: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
  readonly etag: string;
  /** Whether its name changes with its content, so that it may be kept for ever. */
  readonly isImmutable: boolean;
}

/** The console by paths below `/console/`. Every other path is that of a page, and shows `index`. */
export interface ConsoleFiles {
  readonly index: ConsoleFile;
  readonly files: ReadonlyMap<string, ConsoleFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};
const HASHED = 'assets/';

/**
 * Reads the console into memory, so that no request reaches the disk. Gives `undefined` where it was not built, as in a
 * program that was compiled by `tsc` alone.
 */
export function loadConsole(folder: string): ConsoleFiles | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const files = new Map<string, ConsoleFile>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const full = join(folder, path);
    const type = TYPES[extname(path)];
    const name = relative(folder, full);
    if (type !== undefined) files.set(name, loadFile(full, type, name.startsWith(HASHED)));
  }
  const index = files.get('index.html');
  return index === undefined ? undefined : { index, files };
}

function loadFile(path: string, type: string, isImmutable: boolean): ConsoleFile {
  const body = readFileSync(path);
  const etag = strongEtag(createHash('sha256').update(body).digest('hex').slice(0, 32));
  return { type, body, br: packed(`${path}.br`), gzip: packed(`${path}.gz`), etag, isImmutable };
}

function packed(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}
