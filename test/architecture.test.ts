import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Who may import whom. A folder may always import itself. The order is from the inside out. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/domain': [],
  'src/contracts': ['src/domain'],
  'src/lineage': ['src/domain', 'src/contracts'],
  'src/flow': ['src/domain'],
  'src/log': ['src/domain', 'src/flow'],
  'src/stores': ['src/domain', 'src/flow'],
  'src/backup': ['src/domain', 'src/flow', 'src/log', 'src/stores'],
  'src/clients': ['src/domain', 'src/flow'],
  // Starts and ends processes; what it knows of the log is who leads it and whether copies are equal.
  'src/cluster': ['src/domain', 'src/flow', 'src/clients', 'src/log'],
  'src/cache': ['src/domain', 'src/flow', 'src/stores'],
  commands: ['src/domain', 'src/contracts', 'src/lineage', 'src/flow', 'src/log', 'src/stores'],
  projections: ['src/domain', 'src/lineage', 'src/flow', 'src/log', 'src/clients'],
  'src/http': [
    'src/domain',
    'src/contracts',
    'src/lineage',
    'src/flow',
    'src/cache',
    'src/clients',
    'commands',
    'projections',
  ],
  'src/workers': [
    'src/domain',
    'src/flow',
    'src/clients',
    'src/lineage',
    'commands',
    'projections',
    'src/stores',
  ],
  // Errors are the one thing of the domain that a configuration needs; of flow it implements the port of traces.
  'src/ops': ['src/domain', 'src/flow'],
  // Runs in browsers too: nothing of the registry, and nothing of Node.
  'src/api-client': [],
  'src/cli': ['src/ops', 'src/api-client'],
  // What runs in a browser knows the registry by its HTTP API alone.
  'src/console': [],
  'src/compose': ['*'],
  'src/main.ts': ['*'],
  bench: ['*'],
  test: ['*'],
};

/** Commands and workers see stores through their ports only. */
const PORTS_ONLY = new Set(['src/stores/publisher', 'src/stores/verify-artifact']);

const LINES_MAX = 300;
/** Written by a program, and read by one. */
const GENERATED = new Set(['src/api-client/operations.ts']);

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(): Source[] {
  const folders = ['src', 'commands', 'projections', 'test', 'bench'];
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => {
        const full = join(root, folder, path);
        const text = readFileSync(full, 'utf8');
        const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)];
        return { path: relative(root, full), text, imports: found.map((m) => m[1] ?? '') };
      }),
  );
}

/** The file that an alias names, without its ending. */
function resolveAlias(specifier: string): string {
  const name = specifier.slice(1);
  return /^(commands|projections|test|bench)\//.test(name) ? name : `src/${name}`;
}

function folderOf(path: string): string {
  const known = Object.keys(MAY_IMPORT).filter((f) => path === f || path.startsWith(`${f}/`));
  return known.toSorted((a, b) => b.length - a.length)[0] ?? path;
}

const all = sources();

describe('the house', () => {
  it('imports follow the table', () => {
    const wrong = all.flatMap(({ path, imports }) => {
      const from = folderOf(path);
      return imports
        .filter((specifier) => specifier.startsWith('#'))
        .map((specifier) => ({ specifier, to: folderOf(resolveAlias(specifier)) }))
        .filter(({ to }) => to !== from && !isAllowed(from, to))
        .map(({ specifier }) => `${path} may not import ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  it('commands and workers import stores through their ports', () => {
    const wrong = all
      .filter(({ path }) => /^(commands|src\/workers)\//.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter((s) => s.startsWith('#stores/') && !PORTS_ONLY.has(resolveAlias(s)))
          .map((s) => `${path}: ${s}`),
      );
    expect(wrong).toEqual([]);
  });

  it('every folder with sources is in the table', () => {
    expect(all.map(({ path }) => folderOf(path)).filter((f) => !(f in MAY_IMPORT))).toEqual([]);
  });

  it('imports name their layer: no relative path', () => {
    const wrong = all.flatMap(({ path, imports }) =>
      imports.filter((s) => s.startsWith('.')).map((s) => `${path}: ${s}`),
    );
    expect(wrong).toEqual([]);
  });

  it('no file imports itself through others', () => {
    const graph = new Map(
      all.map(({ path, imports }) => [
        path.replace(/\.tsx?$/, ''),
        imports.filter((s) => s.startsWith('#')).map(resolveAlias),
      ]),
    );
    expect(cycleIn(graph)).toBeUndefined();
  });

  it(`no file has more than ${LINES_MAX} lines`, () => {
    const own = all.filter(({ path }) => !GENERATED.has(path));
    const long = own.filter(({ text }) => text.split('\n').length - 1 > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('nothing that is ours makes code of text', () => {
    const made =
      /(?<!\.)\beval\(|\bnew Function\b|\bnode:vm\b|\bexecSync\(|[^.#\w]exec\(|shell: true/;
    const ours = all.filter(({ path }) => !/^(test|bench)\//.test(path));
    expect(ours.filter(({ text }) => made.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('only the configuration and the command line read the environment', () => {
    const readers = all.filter(
      ({ path, text }) =>
        /^(src|commands|projections)\//.test(path) && text.includes('process.env'),
    );
    expect(readers.map(({ path }) => path).toSorted()).toEqual([
      'src/cli/command/environment.ts',
      'src/cli/command/settings.ts',
    ]);
  });
});

function isAllowed(from: string, to: string): boolean {
  const allowed = MAY_IMPORT[from] ?? [];
  return allowed.includes('*') || allowed.includes(to);
}

function cycleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
