import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the package lies and what it says of itself. */
export interface PackageInfo {
  readonly root: string;
  readonly version: string;
}

/** Finds the package that this file belongs to, whether it runs from its source or compiled. */
export function packageInfo(): PackageInfo {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    if (name === 'atlas-registry') return { root: folder, version: version ?? '0.0.0' };
  }
  throw new Error('Cannot find package.json of atlas-registry above its own code');
}
