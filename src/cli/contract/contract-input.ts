import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';

/** One file of a contract, and what stood in it. */
export interface SourceFile {
  /** As it was named on the command line; absent for standard input. */
  readonly path: string | undefined;
  readonly text: string;
}

/** One contract as it is sent, and the files that it came from. */
export interface ContractInput {
  readonly name: string;
  /** What is sent, without the name. */
  readonly body: object;
  readonly schema: SourceFile | undefined;
  /** By the path that the registry knows each by. */
  readonly wit: ReadonlyMap<string, SourceFile>;
  readonly descriptor: SourceFile | undefined;
}

/** Where the parts of one contract are. */
export interface ContractPlaces {
  readonly name: string;
  readonly schema?: string;
  readonly wit?: readonly string[];
  readonly descriptor?: string;
  /** Goes into the body as it is. */
  readonly facts: object;
}

// Room for what a registry takes at most; it refuses what is over its own limit with 413.
const FILE_BYTES_MAX = 16 * 1_024 * 1_024;
const WIT_FILES_MAX = 1_000;
const WIT = '.wit';

/**
 * Reads the files of one contract.
 * @throws CommandFault for a file that cannot be read, is too large or no UTF-8, and for two WIT files of one name
 */
export async function readContractInput(
  { name, schema, wit = [], descriptor, facts }: ContractPlaces,
  host: Pick<CommandHost, 'readStandardInput'>,
  signal: AbortSignal,
): Promise<ContractInput> {
  const schemaFile = schema === undefined ? undefined : await readSchema(schema, host, signal);
  const witFiles = await readWit(wit);
  const descriptorFile = descriptor === undefined ? undefined : await readSource(descriptor);
  if (schemaFile === undefined && witFiles.size === 0 && descriptorFile === undefined) {
    throw new CommandFault(
      EXIT.usage,
      `Cannot send contract ${JSON.stringify(name)}: it has no content (want --schema, --wit or --descriptor)`,
    );
  }
  const body = {
    ...facts,
    // To the letter: what the registry keeps is what stands in the file.
    ...(schemaFile === undefined ? {} : { jsonSchema: schemaFile.text }),
    ...(witFiles.size === 0
      ? {}
      : { wit: [...witFiles].map(([path, { text }]) => ({ path, text })) }),
    ...(descriptorFile === undefined ? {} : { descriptor: parseDescriptor(descriptorFile) }),
  };
  return { name, body, schema: schemaFile, wit: witFiles, descriptor: descriptorFile };
}

async function readSchema(
  path: string,
  host: Pick<CommandHost, 'readStandardInput'>,
  signal: AbortSignal,
): Promise<SourceFile> {
  if (path !== '-') return await readSource(path);
  return { path: undefined, text: decode('-', await host.readStandardInput(signal)) };
}

async function readSource(path: string): Promise<SourceFile> {
  return { path, text: decode(path, await readFileBytes(path)) };
}

async function readWit(paths: readonly string[]): Promise<ReadonlyMap<string, SourceFile>> {
  const files = new Map<string, SourceFile>();
  for (const path of (await Promise.all(paths.map(witFilesOf))).flat()) {
    const name = basename(path);
    const other = files.get(name)?.path;
    if (other !== undefined)
      throw unreadable(path, `it has the name of ${JSON.stringify(other)}`, 'each name once');
    files.set(name, await readSource(path));
  }
  return files;
}

async function witFilesOf(path: string): Promise<readonly string[]> {
  const found = await statOf(path);
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path))
    .filter((name) => name.endsWith(WIT))
    .toSorted((a, b) => (a < b ? -1 : 1));
  if (names.length === 0 || names.length > WIT_FILES_MAX)
    throw unreadable(path, `it holds ${names.length} files of WIT`, `1 to ${WIT_FILES_MAX}`);
  return names.map((name) => join(path, name));
}

function parseDescriptor({ path = '-', text }: SourceFile): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error), 'JSON');
  }
}

async function readFileBytes(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // A pipe that nobody writes to must not hold the command up.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) throw unreadable(path, 'it is no file', 'a file');
    if (found.size > FILE_BYTES_MAX)
      throw unreadable(path, `it has ${found.size} bytes`, `at most ${FILE_BYTES_MAX}`);
    return await file.readFile();
  } catch (error) {
    throw error instanceof CommandFault ? error : noFile(path, error);
  } finally {
    await file?.close();
  }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw noFile(path, error);
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    // The mark of byte order stays: what is sent is what stands in the file.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable(path, 'it is not UTF-8', 'UTF-8');
  }
}

function noFile(path: string, error: unknown): CommandFault {
  const is = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return unreadable(path, is, 'a file that can be read');
}

function unreadable(path: string, is: string, want: string): CommandFault {
  return new CommandFault(EXIT.usage, `Cannot read ${JSON.stringify(path)}: ${is} (want ${want})`);
}
