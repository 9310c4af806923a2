import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '#test/support/temp';

const root = join(import.meta.dirname, '../..');

const PROGRAM = `import { AtlasClient } from 'atlas-registry/client';
import { NotFoundError } from 'atlas-registry/client/errors';
import type { Schemas } from 'atlas-registry/client/operations';

export async function statusOf(name: string): Promise<Schemas['Manifest']['status'] | undefined> {
  const client = new AtlasClient({ url: 'http://127.0.0.1:3001' });
  try {
    return (await client.getDataset(name)).status;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
// @ts-expect-error -- a dataset has no such status
export const wrong: Schemas['Manifest']['status'] = 'lost';
`;

describe('atlas-registry/client, as another package uses it', () => {
  it('type-checks there, for Node and for browsers', () => {
    using project = anotherPackage();
    for (const lib of ['es2023,dom', 'es2023']) {
      const types = lib.includes('dom') ? [] : ['--types', 'node'];
      const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
      const args = [...flags, '--lib', lib, ...types, 'program.ts'];
      const tsc = join(root, 'node_modules/.bin/tsc');
      const run = spawnSync(tsc, args, { cwd: project.path, encoding: 'utf8' });
      expect(run.stdout).toBe('');
      expect(run.status).toBe(0);
    }
  });

  it('runs in Node without anything else of the registry', () => {
    using project = anotherPackage();
    const text = `import { AtlasClient } from 'atlas-registry/client';
      process.stdout.write(String(new AtlasClient({ url: 'http://x' }).positions.registry));`;
    writeFileSync(join(project.path, 'main.mjs'), text);
    expect(execFileSync(process.execPath, ['main.mjs'], { cwd: project.path }).toString()).toBe(
      'undefined',
    );
  });

  it('is bundled for browsers: nothing of Node, and less than 10 kB compressed', async () => {
    using project = anotherPackage();
    const result = await build({
      root: project.path,
      logLevel: 'silent',
      configFile: false,
      build: {
        write: false,
        lib: { entry: join(project.path, 'program.ts'), formats: ['es'] },
        minify: true,
      },
    });
    const code = JSON.stringify(result);
    expect(code).not.toMatch(/from ?\\?["']node:|__vite-browser-external|process\.env/);
    const chunks = (Array.isArray(result) ? result : [result]).flatMap((one) =>
      'output' in one ? one.output : [],
    );
    const text = chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
    expect(gzipSync(text).length).toBeLessThan(10_000);
  });

  it('imports nothing but its own folder', () => {
    const folder = join(root, 'src/api-client');
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8');
      const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from ?? '');
      expect(
        imports.filter((from) => !from.startsWith('#api-client/')),
        file,
      ).toEqual([]);
    }
  });
});

/** A package that has installed this one. */
function anotherPackage() {
  const project = tempFolder();
  const modules = join(project.path, 'node_modules');
  mkdirSync(join(modules, '@types'), { recursive: true });
  symlinkSync(root, join(modules, 'atlas-registry'));
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  writeFileSync(join(project.path, 'package.json'), '{"type":"module"}');
  writeFileSync(join(project.path, 'program.ts'), PROGRAM);
  return project;
}
