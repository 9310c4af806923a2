import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  isAlias,
  isTag,
  RELEASE_FILE_NAMES,
  RELEASE_FILES,
  type ReleaseFileName,
  type ReleaseFiles,
} from '#cli/bundle/release-format';

interface ReleaseScope {
  readonly tenant: string;
  readonly environment: string;
}

/** Which release is meant, and of which scope. */
export interface ReleaseRef extends ReleaseScope {
  /** A tag or an alias. */
  readonly name: string;
}

/** Where a release lies: a tag alone does not tell, the same contracts of two scopes have one tag. */
export interface ReleasePlace extends ReleaseScope {
  readonly tag: string;
}

/** What a name stood for when it was last asked for with success. */
export interface CachedName {
  readonly ref: ReleaseRef;
  readonly tag: string;
  /** RFC 3339: when the registry said so. */
  readonly cachedAt: string;
}

const NAMES = 'names';
const INCOMING = '.incoming-';
/** What a command that was killed left behind is removed by a later one. */
const LEFTOVER_MS = 3_600_000;
/** How often something else may be in the way of a release. */
const MOVES_MAX = 8;
const SCOPE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const nameSchema = z.object({
  tenant: z.string().regex(SCOPE_NAME),
  environment: z.string().regex(SCOPE_NAME),
  name: z.string(),
  tag: z.string().refine(isTag),
  cachedAt: z.iso.datetime(),
});

/**
 * Keeps releases in a folder: `<tenant>.<environment>/<tag>/` with the four files of one, and `names/` with what each tag or
 * alias stood for. Both are written beside their place and renamed into it, so that a reader sees all of a release or nothing.
 */
export class BundleCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gives the folder of a release. */
  folderOf({ tag, ...scope }: ReleasePlace): string {
    // Every name was checked before it came here; nothing else may ever become a path.
    if (!isTag(tag)) throw new TypeError(`Cannot use tag ${JSON.stringify(tag)}: it is none`);
    return join(this.#folder, scopeNameOf(scope), tag);
  }

  /** Reads the files of a release; `undefined` where they are not all there. Whether they are right is for others to say. */
  async read(place: ReleasePlace): Promise<ReleaseFiles | undefined> {
    return await readReleaseFolder(this.folderOf(place)).catch(() => undefined);
  }

  /** Writes a release that was verified, in the place of whatever lay there. */
  async write(place: ReleasePlace, files: ReleaseFiles): Promise<void> {
    await mkdir(dirname(this.folderOf(place)), { recursive: true });
    await this.#removeLeftovers();
    const incoming = join(this.#folder, `${INCOMING}${randomUUID()}`);
    await mkdir(incoming);
    try {
      await writeReleaseFolder(incoming, files);
      await this.#moveIn(incoming, place, files);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  }

  /** Remembers what a name stands for. */
  async remember({ ref, tag, cachedAt }: CachedName): Promise<void> {
    const folder = join(this.#folder, NAMES);
    await mkdir(folder, { recursive: true });
    const path = join(folder, fileNameOf(ref));
    const incoming = join(this.#folder, `${INCOMING}${randomUUID()}`);
    await writeFile(incoming, `${JSON.stringify({ ...ref, tag, cachedAt })}\n`);
    await rename(incoming, path);
  }

  /** Gives what a name stood for; `undefined` where that is not known. */
  async recall(ref: ReleaseRef): Promise<CachedName | undefined> {
    const found = await this.#readName(fileNameOf(ref));
    return found?.ref.name === ref.name ? found : undefined;
  }

  /** Gives every name, sorted. */
  async names(): Promise<readonly CachedName[]> {
    const files = await readdir(join(this.#folder, NAMES)).catch(() => []);
    const found = await Promise.all(
      files.toSorted((a, b) => (a < b ? -1 : 1)).map(async (file) => this.#readName(file)),
    );
    return found.filter((one) => one !== undefined);
  }

  async #readName(file: string): Promise<CachedName | undefined> {
    try {
      const text = await readFile(join(this.#folder, NAMES, file), 'utf8');
      const { tag, cachedAt, ...ref } = nameSchema.parse(JSON.parse(text));
      return { ref, tag, cachedAt };
    } catch {
      return undefined;
    }
  }

  /** Renames a folder into its place. Others may do the same: who comes second finds the same files there. */
  async #moveIn(incoming: string, place: ReleasePlace, files: ReleaseFiles): Promise<void> {
    const target = this.folderOf(place);
    for (let attempt = 1; ; attempt += 1) {
      try {
        // A folder with something in it is never replaced by a rename.
        await rename(incoming, target);
        return;
      } catch (error) {
        const there = await this.read(place);
        if (there !== undefined && isSameRelease(there, files)) return;
        if (attempt === MOVES_MAX) throw error;
      }
      const aside = join(this.#folder, `${INCOMING}${randomUUID()}`);
      await rename(target, aside).catch(() => undefined);
      await rm(aside, { recursive: true, force: true });
    }
  }

  async #removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith(INCOMING)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > LEFTOVER_MS)
        await rm(path, { recursive: true, force: true });
    }
  }
}

/** Tells whether two releases have the same bytes in all files. */
export function isSameRelease(a: ReleaseFiles, b: ReleaseFiles): boolean {
  return RELEASE_FILE_NAMES.every((name) => Buffer.compare(a[name], b[name]) === 0);
}

/** Reads the four files of a release from a folder. Links are not followed, and nothing over a limit is read. @throws Error */
export async function readReleaseFolder(folder: string): Promise<ReleaseFiles> {
  const entries: [ReleaseFileName, Uint8Array][] = [];
  for (const name of RELEASE_FILE_NAMES) entries.push([name, await readLimited(folder, name)]);
  return Object.fromEntries(entries) as ReleaseFiles;
}

/** Writes the four files of a release into a folder, each in one step, and on the disk before it ends. */
export async function writeReleaseFolder(folder: string, files: ReleaseFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of RELEASE_FILE_NAMES) {
    const incoming = join(folder, `${INCOMING}${randomUUID()}`);
    const file = await open(incoming, 'wx', 0o644);
    try {
      await file.writeFile(files[name]);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(incoming, join(folder, name));
  }
}

async function readLimited(folder: string, name: ReleaseFileName): Promise<Uint8Array> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, name), flags);
  try {
    const found = await file.stat();
    const bytesMax = RELEASE_FILES[name];
    if (!found.isFile() || found.size > bytesMax) {
      throw new Error(`${name} has ${found.size} bytes (want a file of at most ${bytesMax})`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** One file a name. */
function fileNameOf({ name, ...scope }: ReleaseRef): string {
  if (!(isTag(name) || isAlias(name)))
    throw new TypeError(`Cannot keep ${JSON.stringify(name)}: it is no name of a release`);
  return `${scopeNameOf(scope)}.${name}.json`;
}

/** One name a scope: neither a tenant nor an environment holds a dot, and `names` has none. */
function scopeNameOf({ tenant, environment }: ReleaseScope): string {
  if (!SCOPE_NAME.test(tenant) || !SCOPE_NAME.test(environment)) {
    const scope = JSON.stringify(`${tenant}/${environment}`);
    throw new TypeError(`Cannot keep releases of scope ${scope}: it is none`);
  }
  return `${tenant}.${environment}`;
}
