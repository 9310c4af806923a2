import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '#test/support/temp';

const ROOT = join(import.meta.dirname, '../..');

/** A copy of the compiled program with one fault. */
export interface ChangedProgram extends Disposable {
  /** Its main file. */
  readonly main: string;
}

/** Copies the compiled program and changes one passage of one of its files. @throws Error when the passage is not there once */
export function changedProgram(file: string, passage: string, instead: string): ChangedProgram {
  const folder = tempFolder();
  try {
    for (const part of ['package.json', 'dist/src', 'dist/commands', 'dist/projections'])
      cpSync(join(ROOT, part), join(folder.path, part), { recursive: true });
    for (const part of ['node_modules', 'embedded', 'src'])
      symlinkSync(join(ROOT, part), join(folder.path, part));
    const path = join(folder.path, 'dist', file);
    const parts = readFileSync(path, 'utf8').split(passage);
    if (parts.length !== 2)
      throw new Error(`"${passage}" is ${parts.length - 1} times in ${file} (want once)`);
    writeFileSync(path, parts.join(instead));
    return {
      main: join(folder.path, 'dist/src/main.js'),
      [Symbol.dispose]: () => folder[Symbol.dispose](),
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}
