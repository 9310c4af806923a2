import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageInfo } from '#ops/package-root';

/** One change of the compiled program. */
export interface Patch {
  /** A compiled file, from the root of the package. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly put: string;
}

const ROOT = packageInfo().root;

/** The compiled program as it is. */
export const PROGRAM = join(ROOT, 'dist/src/main.js');

/**
 * Copies the compiled program into a folder and changes it there. Gives the path of its main file.
 * @throws when a patch does not fit: the program has moved on, and the patch must follow
 */
export function programCopy(folder: string, patches: readonly Patch[]): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ['src', 'commands', 'projections', 'test'])
    cpSync(join(ROOT, 'dist', name), join(folder, 'dist', name), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const name of ['node_modules', 'embedded', 'src', 'examples'])
    symlinkSync(join(ROOT, name), join(folder, name));
  for (const [file, text] of patchedFiles(patches)) writeFileSync(join(folder, file), text);
  return join(folder, 'dist/src/main.js');
}

/** Gives the text of each file that patches change, from the root of the package. @throws when one does not fit exactly once */
export function patchedFiles(patches: readonly Patch[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, put } of patches) {
    const parts = (texts.get(file) ?? readFileSync(join(ROOT, file), 'utf8')).split(find);
    if (parts.length !== 2)
      throw new Error(
        `Cannot patch ${file}: "${find}" is in it ${parts.length - 1} times (want 1)`,
      );
    texts.set(file, parts.join(put));
  }
  return texts;
}
