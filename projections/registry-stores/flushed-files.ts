import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Ends the names of files that are not complete. */
export const TEMPORARY = '.tmp';

/** Writes a text beside its place, under the name with `TEMPORARY`, and flushes it. */
export async function writeBeside(path: string, text: string): Promise<void> {
  const file = await open(`${path}${TEMPORARY}`, 'w', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes a file, whole or not at all, also when the power goes. Its folder must be there. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeBeside(path, text);
  await rename(`${path}${TEMPORARY}`, path);
  await flushFolder(dirname(path));
}

/** Reads a file; `undefined` where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a file with what is left of it, and flushes its folder. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}${TEMPORARY}`, { force: true });
  await flushFolder(dirname(path));
}

/** Makes a folder. Gives the folders whose entries are new with it: they are to be flushed. */
export async function makeFolder(path: string): Promise<readonly string[]> {
  const first = await mkdir(path, { recursive: true, mode: 0o750 });
  const changed: string[] = [];
  for (let at = path; first !== undefined && at.length >= first.length; at = dirname(at))
    changed.push(dirname(at));
  return changed;
}

/** Flushes the entries of a folder: before that, a power cut may take back what was renamed into it. */
export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
