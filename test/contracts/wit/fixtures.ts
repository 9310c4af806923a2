import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { WitSource } from '#contracts/wit/resolve';

const FOLDER = resolve(import.meta.dirname, '../../../../shared/fixtures/wit');

/** Gives a folder of the cases made by others, or says on the console that it is not there. */
export function fixtureFolder(name: string): string | undefined {
  const folder = join(FOLDER, name);
  if (existsSync(folder)) return folder;
  console.log(`WIT cases of "${name}" are absent: only the cases of this file ran`);
  return undefined;
}

/** Lists every `.wit` file below a folder, sorted. */
export function witFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wit') && statSync(join(folder, name)).isFile())
    .map((name) => join(folder, name))
    .sort();
}

/** Reads a case, a file or a folder with `deps/`, as packages with the dependencies first. Paths begin at `root`. */
export function readCase(root: string, name: string): (readonly WitSource[])[] {
  const place = join(root, name);
  const source = (path: string): WitSource => ({
    path: path.slice(root.length + 1),
    text: readFileSync(path, 'utf8'),
  });
  if (statSync(place).isFile()) return [[source(place)]];
  const direct = (folder: string) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.wit'))
      .sort()
      .map((file) => source(join(folder, file)));
  const deps = join(place, 'deps');
  const packages = existsSync(deps)
    ? readdirSync(deps)
        .sort()
        .filter((entry) => entry.endsWith('.wit') || statSync(join(deps, entry)).isDirectory())
        .map((entry) =>
          entry.endsWith('.wit') ? [source(join(deps, entry))] : direct(join(deps, entry)),
        )
    : [];
  return [...packages, direct(place)];
}
