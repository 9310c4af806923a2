import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the script of the console is made from beside its own sources. */
export const CONSOLE_PACKAGES = ['@preact/signals', '@preact/signals-core', 'diff', 'preact'];
const CONSOLE_PATHS = CONSOLE_PACKAGES.map((name) => `node_modules/${name}`);

/** One package as a lock file has it. */
export interface LockedPackage {
  /** Where it lies, such as `node_modules/a/node_modules/b`. */
  readonly path: string;
  /** Its own name, whatever folder it lies in. */
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
  readonly integrity: string | undefined;
  /** Where it is fetched from, where the lock file says so; else from the registry that npm is set to. */
  readonly resolved: string | undefined;
  readonly hasInstallScript: boolean;
  /** Whether it runs in production: installed there, or built into the console. */
  readonly isShipped: boolean;
  /** The paths of what it needs. */
  readonly needs: readonly string[];
}

/** A lock file of npm. */
export interface LockFile {
  readonly name: string;
  readonly packages: readonly LockedPackage[];
  /** The paths of what the project itself needs in production. */
  readonly needs: readonly string[];
}

interface Entry {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

type Entries = Readonly<Record<string, Entry>>;

/** Reads the lock file of a folder. */
export function readLockFile(folder: string): LockFile {
  const text = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const { name, packages } = JSON.parse(text) as { name: string; packages: Entries };
  const own = packages[''] ?? {};
  return {
    name,
    needs: [...needsOf('', own, packages), ...CONSOLE_PATHS.filter((path) => path in packages)],
    packages: Object.entries(packages)
      .filter(([path]) => path !== '')
      .map(([path, entry]) => ({
        path,
        name: entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 13),
        version: entry.version ?? '',
        license: entry.license,
        integrity: entry.integrity,
        resolved: entry.resolved,
        hasInstallScript: entry.hasInstallScript === true,
        isShipped: entry.dev !== true || CONSOLE_PATHS.includes(path),
        needs: needsOf(path, entry, packages),
      })),
  };
}

/** Finds what a package needs, as Node does: in its own folder, then in every one around it. */
function needsOf(path: string, entry: Entry, packages: Entries): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = entry;
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const folders = path.split(/(?=\/node_modules\/|^node_modules\/)/);
  return names.flatMap((name) => {
    for (let depth = folders.length; depth >= 0; depth -= 1) {
      const around = folders.slice(0, depth).join('');
      const found = `${around === '' ? '' : `${around}/`}node_modules/${name}`;
      if (found in packages) return [found];
    }
    // Optional, and not for this platform or not wanted.
    return [];
  });
}
