import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { UnreachableError } from '#api-client/errors';

/** A file of a dataset, as manifests name it. */
export interface ImportedFile {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly media_type?: string;
}

/** What a manifest says that an import brings. */
export interface ImportedManifest {
  readonly name: string;
  readonly schema_fingerprint: string;
  readonly objects: readonly ImportedFile[];
  readonly row_count: number | null;
  /** Passed on as they are. */
  readonly tables?: readonly object[];
  readonly release?: {
    readonly tables: readonly object[];
    readonly shards?: { readonly sha256: string; readonly bytes: number };
  };
  readonly status: 'registered' | 'published' | 'withdrawn';
  readonly artifact?: ImportedFile;
}

/** Knows manifest files; the composition root hands it in. */
export interface ManifestFormat {
  /** The folder of a scope's manifest files in a store. Throws for what is no tenant or environment. */
  readonly folderOf: (tenant: string, environment: string) => string;
  /** Reads the file at a path of a store. Throws when it is not the manifest that belongs there. */
  readonly read: (path: string, bytes: Uint8Array) => Promise<ImportedManifest>;
}

/** Where manifest files are. */
export interface ManifestFolder {
  /** The folder of the manifest files of one scope. */
  readonly path: string;
  /** The same folder as a path of a store. */
  readonly storePath: string;
  /** The folder of the store; absent where there is only a copy of the manifests. */
  readonly store: string | undefined;
}

/** A manifest file that was read and found right. */
export interface CheckedManifest {
  /** The path below the folder of manifests. */
  readonly path: string;
  readonly name: string;
  readonly fileSha256: string;
  readonly status: ImportedManifest['status'];
  readonly artifact: ImportedFile | undefined;
  /** Fingerprint, row count and objects as one digest. */
  readonly content: string;
  /** The same as long as the artifact is registered that is no longer among the objects. */
  readonly interimContent: string | undefined;
}

const FILES_MAX = 1_000_000;
// Room for the 10,000 objects that a manifest may have, with long keys.
const FILE_BYTES_MAX = 32 * 1_024 * 1_024;
const FAULTS_SHOWN_MAX = 10;
const SUFFIX = '.parquet';

/** Finds the manifest files of a scope: below the folder of a store, or right in the folder. */
export async function findManifestFolder(
  folder: string,
  storePath: string,
): Promise<ManifestFolder> {
  const full = resolve(folder);
  if (await isFolder(join(full, storePath)))
    return { path: join(full, storePath), storePath, store: full };
  const holdsStore = await isFolder(join(full, '_catalog'));
  if (holdsStore || !(await isFolder(full)))
    throw new Error(
      `Cannot import "${folder}": ${holdsStore ? `the store has no ${storePath}` : 'it is no folder'} (want the folder of a store, or of manifest files)`,
    );
  const isInStore = full.endsWith(sep + storePath.replaceAll('/', sep));
  return {
    path: full,
    storePath,
    store: isInStore ? full.slice(0, -storePath.length - 1) : undefined,
  };
}

export interface CheckOptions {
  readonly signal: AbortSignal;
  /** Hears how many files there are. */
  readonly onBegin: (total: number) => void;
  readonly onFile: () => void;
}

/**
 * Reads every manifest file, in the order of their paths. Links are not followed.
 * @throws Error naming every file that is none, up to 10
 */
export async function checkManifests(
  folder: ManifestFolder,
  format: ManifestFormat,
  { signal, onBegin, onFile }: CheckOptions,
): Promise<readonly CheckedManifest[]> {
  const entries = await filesIn(folder.path);
  onBegin(entries.length);
  const checked: CheckedManifest[] = [];
  const faults: string[] = [];
  for (const { path, fault } of entries) {
    signal.throwIfAborted();
    try {
      if (fault !== undefined) throw new Error(fault);
      checked.push(await checkManifest(folder, path, format));
    } catch (error) {
      faults.push(`${folder.storePath}/${path}: ${messageOf(error)}`);
    }
    onFile();
  }
  if (faults.length === 0 && checked.length > 0) return checked;
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).map((fault) => `\n  ${fault}`);
  const more = faults.length - shown.length;
  const is =
    entries.length === 0
      ? 'it holds no manifest file'
      : `${faults.length} of ${entries.length} files cannot be read`;
  throw new Error(
    `Cannot import "${folder.path}": ${is} (want manifest files alone, each of them whole); nothing was taken${shown.join('')}${more > 0 ? `\n  and ${more} more` : ''}`,
  );
}

/** Reads a manifest again that was found right. @throws Error when the file is another one by now */
export async function readCheckedManifest(
  folder: ManifestFolder,
  checked: CheckedManifest,
  format: ManifestFormat,
): Promise<ImportedManifest> {
  const bytes = await readRegularFile(join(folder.path, checked.path));
  if (sha256(bytes) === checked.fileSha256)
    return await format.read(`${folder.storePath}/${checked.path}`, bytes);
  throw new Error(`Cannot import "${checked.path}": it has changed since it was checked`);
}

/** What a dataset holds, as one digest: equal for equal fingerprint, row count, tables and objects. */
export function contentOf(
  manifest: Pick<ImportedManifest, 'schema_fingerprint' | 'row_count' | 'tables' | 'objects'>,
): string {
  const objects = manifest.objects.map((o) => [o.key, o.sha256, o.bytes, o.media_type ?? null]);
  const { schema_fingerprint: fingerprint, row_count: rows, tables = null } = manifest;
  return sha256(JSON.stringify([fingerprint, rows, tables, objects]));
}

/**
 * The objects that are registered first. An artifact that was replaced among the objects after it was published must be
 * registered to be published, and is replaced again afterwards.
 */
export function firstObjects({ objects, artifact }: ImportedManifest): readonly ImportedFile[] {
  if (artifact === undefined) return objects;
  return objects.some((object) => isSameFile(object, artifact)) ? objects : [artifact];
}

/** Whether two files have the same key and bytes. */
export function isSameFile(a: ImportedFile | undefined, b: ImportedFile | undefined): boolean {
  return a?.key === b?.key && a?.sha256 === b?.sha256 && a?.bytes === b?.bytes;
}

// What OpenSSL says of a chain that ends at nobody it knows.
const UNKNOWN_AUTHORITY =
  /^(?:UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT\w*)|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w*)$/;

/** The message of whatever was thrown; of a request that found nobody, why. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!isUnanswered(error)) return error.message;
  const fault = error instanceof UnreachableError ? error.cause : error;
  const cause = fault instanceof Error ? fault.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
  if (UNKNOWN_AUTHORITY.test(code))
    return `the certificate of the registry is of an unknown authority (want NODE_EXTRA_CA_CERTS to name a file with it; ${code})`;
  return `the registry does not answer (${code})`;
}

/** Whether a request failed because nobody answered it. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof TypeError && error.message === 'fetch failed';
}

async function checkManifest(
  folder: ManifestFolder,
  path: string,
  format: ManifestFormat,
): Promise<CheckedManifest> {
  const bytes = await readRegularFile(join(folder.path, path));
  const manifest = await format.read(`${folder.storePath}/${path}`, bytes);
  const first = firstObjects(manifest);
  const interim = first === manifest.objects ? undefined : { ...manifest, objects: first };
  return {
    path,
    name: manifest.name,
    fileSha256: sha256(bytes),
    status: manifest.status,
    artifact: manifest.artifact,
    content: contentOf(manifest),
    interimContent: interim && contentOf(interim),
  };
}

interface FoundFile {
  readonly path: string;
  /** Why it cannot be a manifest. */
  readonly fault: string | undefined;
}

async function filesIn(folder: string): Promise<readonly FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  if (files.length > FILES_MAX)
    throw new Error(
      `Cannot import "${folder}": it holds ${files.length} files (want at most ${FILES_MAX})`,
    );
  const found = files.map((entry) => {
    const path = relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/');
    return { path, fault: faultOf(entry) };
  });
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function faultOf(entry: Dirent): string | undefined {
  if (!entry.isFile()) return 'it is a link or no file at all';
  return entry.name.endsWith(SUFFIX) ? undefined : 'it is no manifest file';
}

async function readRegularFile(path: string): Promise<Buffer> {
  // What is checked is what is read, whatever is moved about meanwhile.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > FILE_BYTES_MAX)
      throw new Error(`it has ${found.size} bytes (want a file of at most ${FILE_BYTES_MAX})`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
