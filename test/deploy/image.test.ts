import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageInfo } from '#ops/package-root';
import { Api } from '#test/support/api';
import {
  buildTree,
  copyFolder,
  imageEnvironment,
  isSent,
  parseCopy,
  readDockerfile,
  saidBy,
} from '#test/support/deploy/dockerfile';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const { root } = packageInfo();
const [build, image] = readDockerfile();
// The account of the image, where the tests may become it.
const ACCOUNT = process.getuid?.() === 0 ? { uid: 1_000, gid: 1_000 } : {};

let folder: TempFolder;
let tree: string;

/** Does the steps of the Dockerfile here. What is installed from the network is taken from what is installed already. */
function run(command: string, work: string): void {
  const steps: readonly (readonly [RegExp, () => void])[] = [
    [
      /^\.\/embedded\/install\.sh$/,
      () => {
        copyFolder(join(root, 'node_modules'), join(work, 'node_modules'));
        copyFolder(join(root, 'embedded/node_modules'), join(work, 'embedded/node_modules'));
      },
    ],
    [/^(node_modules\/\.bin\/tsc|npm prune) /, () => shell(command, work)],
    [/^apt-get update .*tini.* rm -rf \/var\/lib\/apt\/lists\/\*$/, () => undefined],
    [/^install -d -o 1000 -g 1000 -m 0700 \/data$/, () => makeData()],
  ];
  const step = steps.find(([pattern]) => pattern.test(command));
  if (step === undefined) throw new Error(`Cannot do this step here: ${command}`);
  step[1]();
}

function shell(command: string, cwd: string): void {
  execFileSync('/bin/sh', ['-c', command], { cwd, stdio: 'pipe', timeout: 200_000 });
}

function makeData(): void {
  const data = join(folder.path, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (ACCOUNT.uid !== undefined) chownSync(data, ACCOUNT.uid, ACCOUNT.gid);
}

beforeAll(() => {
  folder = tempFolder();
  chmodSync(folder.path, 0o755);
  tree = buildTree(folder.path, run);
}, 240_000);
afterAll(() => folder[Symbol.dispose]());

function start(env: Readonly<Record<string, string>>): ChildProcess {
  const [entry, command] = [saidBy(image, 'ENTRYPOINT'), saidBy(image, 'CMD')].map(
    ([text = '[]']) => JSON.parse(text) as string[],
  );
  const [tini, separator, node, ...args] = entry ?? [];
  expect([tini, separator, node]).toEqual(['/usr/bin/tini', '--', 'node']);
  return spawn(process.execPath, [...args, ...(command ?? [])], {
    ...ACCOUNT,
    cwd: tree,
    env: { PATH: process.env['PATH'] ?? '', ...imageEnvironment(image), ...env },
  });
}

function said(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += String(chunk)));
  child.stderr?.on('data', (chunk) => (text += String(chunk)));
  return () => text;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return await new Promise((resolve) => child.once('close', resolve));
}

describe('the image', () => {
  it('copies what is in the checkout and may be sent, and nothing that was built or written there', () => {
    for (const stage of [build, image]) {
      const own = saidBy(stage, 'COPY')
        .map(parseCopy)
        .filter(({ from }) => from === undefined);
      for (const source of own.flatMap(({ sources }) => sources)) {
        expect(existsSync(join(root, source)), source).toBe(true);
        expect(isSent(source), source).toBe(true);
      }
    }
    for (const path of [
      'node_modules/x',
      'embedded/node_modules/x',
      'dist/x',
      '.git/x',
      '.atlas/x',
    ])
      expect(isSent(path), path).toBe(false);
    for (const path of ['test/x', 'docs/x', 'bench/x', '.env', 'backup.key'])
      expect(isSent(path), path).toBe(false);
  });

  it('holds what runs and neither sources nor packages of development', () => {
    expect(readdirSync(tree).toSorted()).toEqual(
      ['LICENSE', 'dist', 'embedded', 'examples', 'node_modules', 'package.json', 'src'].toSorted(),
    );
    expect(readdirSync(join(tree, 'src'))).toEqual(['lineage']);
    expect(readdirSync(join(tree, 'dist')).toSorted()).toEqual([
      'commands',
      'console',
      'projections',
      'src',
    ]);
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const has = (name: string): boolean => existsSync(join(tree, 'node_modules', name));
    expect(Object.keys(dependencies ?? {}).filter((name) => !has(name))).toEqual([]);
    for (const name of ['typescript', 'vitest', 'knip', '@biomejs/biome']) {
      expect(devDependencies).toHaveProperty(name);
      expect(has(name), name).toBe(false);
    }
  });

  it('runs as an account that is not root, with a process 1 that ends what it has started', () => {
    expect(saidBy(image, 'USER')).toEqual(['1000:1000']);
    expect(saidBy(image, 'VOLUME')).toEqual([imageEnvironment(image)['ATLAS_DATA_DIR']]);
    const { BIND_ADDR = '' } = imageEnvironment(image);
    expect(saidBy(image, 'EXPOSE')).toEqual([BIND_ADDR.split(':')[1]]);
  });

  it('is built on images of one exact version, of the Node that package.json asks for', () => {
    for (const { image: name } of [build, image].flatMap((stage) => stage ?? []))
      expect(name).toMatch(/^node:20\.(19|[2-9]\d)\.\d+-bookworm(-slim)?$/);
  });

  it('does not start open to the network unless somebody says so', async () => {
    const child = start({ ATLAS_DATA_DIR: join(folder.path, 'data'), BIND_ADDR: '0.0.0.0:0' });
    const text = said(child);
    expect(await ended(child)).toBe(1);
    expect(text()).toContain('without ATLAS_AUTH');
  });

  it('serves with its own start command, as its own account, writing to its data folder alone', async () => {
    const env = { ATLAS_DATA_DIR: join(folder.path, 'data'), BIND_ADDR: '127.0.0.1:0' };
    const marker = join(folder.path, 'marker');
    writeFileSync(marker, '');
    const child = start(env);
    const text = said(child);
    try {
      const url = await eventually(
        'the registry to be ready',
        () => {
          if (child.exitCode !== null) throw new Error(text());
          return /Ready in .* at (\S+)/.exec(text())?.[1];
        },
        60_000,
      );
      const api = new Api(url);
      const body = { name: 'image/first', schema_fingerprint: 'f' };
      expect((await api.post('/registry/datasets', body)).status).toBe(201);
      expect((await api.get('/registry/datasets/image/first')).json).toMatchObject(body);
      const contract = { name: 'image.first', version: 'v1', jsonSchema: { type: 'object' } };
      expect((await fetch(`${url}/console`)).status).toBe(200);
      // By a worker thread, and by a file of the tree.
      expect((await api.post('/registry/contracts', contract)).status).toBe(201);
    } finally {
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
    }
    const written = execFileSync('find', [tree, '-newer', marker]).toString();
    expect(written).toBe('');
  });
});
