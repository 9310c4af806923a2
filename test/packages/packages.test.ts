import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageInfo } from '#ops/package-root';
import { type LockedPackage, readLockFile } from '#test/support/lock-file';

const { root } = packageInfo();
const FOLDERS = ['.', 'embedded'] as const;

/** Licences under which what is shipped may be used, changed and passed on by anybody. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
]);

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

/** Every package of both lock files with its folder. */
const LOCKED = FOLDERS.flatMap((folder) =>
  readLockFile(join(root, folder)).packages.map((locked) => ({ folder, locked })),
);

/** Those that are installed on this platform. */
const INSTALLED = LOCKED.map(({ folder, locked }) => ({ path: join(folder, locked.path), locked }))
  .filter(({ path }) => existsSync(join(root, path, 'package.json')))
  .map(({ path, locked }) => ({ path, locked, manifest: manifestOf(path) }));

const shownName = ({ name, version }: Pick<LockedPackage, 'name' | 'version'>) =>
  `${name}@${version}`;

/** Tells whether one may choose a permissive licence. */
function isPermissive(license = ''): boolean {
  const choices = license.replaceAll(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((one) => PERMISSIVE.has(one)));
}

describe('the lock files', () => {
  it('pin every package to one version and the digest of its bytes', () => {
    expect(LOCKED.length).toBeGreaterThan(100);
    for (const { locked } of LOCKED) {
      expect(locked.version, locked.path).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      expect(locked.integrity, locked.path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    }
  });

  it('name no source: packages come from the registry that npm is set to, and their digest says whether they are right', () => {
    const named = LOCKED.filter(({ locked: { resolved } }) => resolved !== undefined);
    expect(named.map(({ locked }) => locked.resolved)).toEqual([]);
  });

  it('are what is installed', () => {
    expect(INSTALLED.length).toBeGreaterThan(100);
    for (const { manifest, locked } of INSTALLED)
      expect(`${manifest.name}@${manifest.version}`).toBe(shownName(locked));
  });
});

describe('a dependency', () => {
  it('is asked for by one exact version', () => {
    for (const folder of FOLDERS) {
      const { dependencies, devDependencies } = manifestOf(folder);
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        expect(version, name).toMatch(/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/);
    }
  });

  it('of production has a permissive licence, by the lock file and by its own manifest', () => {
    const shipped = LOCKED.filter(({ locked }) => locked.isShipped);
    const closed = shipped.filter(({ locked }) => !isPermissive(locked.license));
    expect(closed.map(({ locked }) => `${shownName(locked)} ${locked.license}`)).toEqual([]);
    const other = INSTALLED.filter(
      ({ manifest, locked }) => locked.isShipped && !isPermissive(manifest.license),
    );
    expect(other.map(({ manifest, path }) => `${path} ${manifest.license}`)).toEqual([]);
  });
});

describe('scripts that run when packages are installed', () => {
  it('are those that package.json allows by name; it names those too that could run and do not', () => {
    const withScript = LOCKED.filter(({ locked }) => locked.hasInstallScript);
    const named = Object.keys(manifestOf('.').allowScripts ?? {});
    expect(withScript.map(({ locked }) => locked.name)).toEqual(named);
  });

  it('are not hidden from the lock file', () => {
    const hidden = INSTALLED.filter(({ path, manifest, locked }) => {
      const names = ['preinstall', 'install', 'postinstall'];
      const runs = names.some((name) => manifest.scripts?.[name] !== undefined);
      // npm builds by itself what has a file for node-gyp.
      return (runs || existsSync(join(root, path, 'binding.gyp'))) && !locked.hasInstallScript;
    });
    expect(hidden.map(({ path }) => path)).toEqual([]);
  });
});

describe('isPermissive()', () => {
  it('lets one choose, and wants all of what goes together', () => {
    for (const license of ['MIT', '(MIT OR GPL-3.0)', 'MIT AND ISC', '(BSD-2-Clause OR MIT)'])
      expect(isPermissive(license), license).toBe(true);
    for (const license of ['GPL-3.0', 'MIT AND GPL-3.0', '', 'SEE LICENSE IN x', 'AGPL-3.0-only'])
      expect(isPermissive(license), license).toBe(false);
  });
});
