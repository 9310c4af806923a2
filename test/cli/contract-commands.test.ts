import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { type Ended, runContract } from '#test/cli/contract-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';

let registry: TestRegistry;
let url: string;
let folder: TempFolder;
let tenant: string;
beforeAll(async () => {
  registry = await startTestRegistry();
  url = registry.api.url;
  folder = tempFolder();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeEach(() => {
  tenant = `t${newId()}`;
});

const SIZE = { type: 'object', properties: { size: { type: 'integer' } } };
const NEEDS_SIZE = { ...SIZE, required: ['size'] };

function file(name: string, content: unknown): string {
  const path = join(folder.path, `${newId()}-${name}`);
  writeFileSync(
    path,
    typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`,
  );
  return path;
}

async function run(...args: readonly string[]): Promise<Ended> {
  const [verb = '', ...rest] = args;
  return await runContract([verb, '--url', url, '--tenant', tenant, ...rest]);
}

describe('atlas-registry contract against a registry', () => {
  it('publishes a first version, says so, and finds it there the second time', async () => {
    const schema = file('size.json', SIZE);
    const first = await run('publish', 'orders.size', '--schema', schema, '--actor', 'ci');
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/^orders\.size \S+, published/);
    const again = await run('publish', 'orders.size', '--schema', schema);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('there already')]);
    const checked = await run('check', 'orders.size', '--schema', schema);
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('there already')]);
    const versions = await run('versions', 'orders.size');
    expect(versions.stdout).toMatch(/^VERSION +STAGE +LEVEL +PUBLISHED +BY$/m);
    expect(versions.stdout).toMatch(/approved .* ci$/m);
  });

  it('refuses a breaking change with exit code 1, a counter-example and the version that is right', async () => {
    await run('publish', 'a.b', '--version', '1.0.0', '--schema', file('one.json', SIZE));
    const needs = file('two.json', NEEDS_SIZE);
    const refused = await run('check', 'a.b', '--version', '1.1.0', '--schema', needs);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^a\.b 1\.1\.0, refused, level major, mode BACKWARD$/m);
    expect(refused.stdout).toMatch(/^ {4}BREAKING {2}required-added +/m);
    expect(refused.stdout).toMatch(/^ {2}Valid under 1\.0\.0, refused by the candidate: /m);
    expect(refused.stdout).toMatch(/^ {2}Right version: 2\.0\.0$/m);
    const published = await run('publish', 'a.b', '--version', '1.1.0', '--schema', needs);
    expect(published.code).toBe(1);
    expect(published.stdout).toContain('INCOMPATIBLE');
    expect(published.stdout).toMatch(/^ {2}Right version: 2\.0\.0$/m);
    expect((await run('check', 'a.b', '--schema', needs, '--version', '2.0.0')).code).toBe(0);
    expect((await run('publish', 'a.b', '--schema', needs)).stdout).toMatch(
      /^a\.b 2\.0\.0, published/,
    );
    expect((await run('publish', 'a.b', '--version', '1.0.0', '--schema', needs)).code).toBe(1);
  });

  it('names the line of a fault in the file, for people, JUnit and GitHub at once', async () => {
    const wrong = file('wrong.json', '{\n  "type": "object",\n  "required": "size"\n}\n');
    const junit = join(folder.path, `${newId()}.xml`);
    const { code, stdout } = await run(
      'check',
      'a.wrong',
      '--schema',
      wrong,
      '--output',
      'human',
      '--output',
      'github',
      '--junit',
      junit,
    );
    expect(code).toBe(1);
    expect(stdout).toContain(`${wrong}:3:`);
    expect(stdout).toMatch(/^::error file=[^:]*wrong\.json,line=3,col=\d+,title=a\.wrong%3A .*::/m);
    expect(readFileSync(junit, 'utf8')).toContain('tests="1" failures="1" errors="0"');
  });

  it('tells what lies between versions, and the changelog, for people and as JSON', async () => {
    await run('publish', 'a.b', '--version', '1.0.0', '--schema', file('one.json', SIZE));
    await run('publish', 'a.b', '--schema', file('two.json', NEEDS_SIZE));
    const diff = await run('diff', 'a.b', '1.0.0', '2.0.0');
    expect([diff.code, diff.stdout]).toEqual([
      0,
      expect.stringMatching(/^a\.b from 1\.0\.0 to 2\.0\.0: not compatible, level major$/m),
    ]);
    const json = JSON.parse((await run('diff', 'a.b', '1.0.0', '2.0.0', '--json')).stdout);
    expect(json.comparison.changes[0].rule).toBe('required-added');
    expect((await run('changelog', 'a.b')).stdout).toMatch(/^# Changelog of a\.b$/m);
    const log = JSON.parse((await run('changelog', 'a.b', '--json')).stdout);
    expect(log.versions.map((one: { version: string }) => one.version)).toEqual(['2.0.0', '1.0.0']);
  });

  it('moves a version through its stages, and refuses a step that is none', async () => {
    await run(
      'publish',
      'a.b',
      '--version',
      'v1',
      '--schema',
      file('a.json', SIZE),
      '--stage',
      'draft',
    );
    const moved = await run('stage', 'a.b', 'v1', 'pending_approval', '--notes', 'please look');
    expect([moved.code, moved.stdout]).toEqual([0, 'a.b v1 is pending_approval\n']);
    const refused = await run('stage', 'a.b', 'v1', 'deprecated');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('Cannot');
  });

  it('promotes a version to another environment with the same content', async () => {
    await run('publish', 'a.b', '--version', 'v1', '--schema', file('a.json', SIZE));
    const promoted = await run('promote', 'a.b', 'v1', '--to', 'test');
    expect([promoted.code, promoted.stdout]).toEqual([
      0,
      expect.stringMatching(/^a\.b v1 promoted to test, stage approved\n$/),
    ]);
    expect((await run('promote', 'a.b', 'v1', '--to', 'test')).stdout).toMatch(
      /^a\.b v1 is in test/,
    );
    const there = await run('get', 'a.b', '--environment', 'test', '--json');
    expect(JSON.parse(there.stdout)).toMatchObject({ name: 'a.b', version: 'v1' });
  });

  it('gives a schema back to the letter', async () => {
    const path = file('a.json', SIZE);
    await run('publish', 'a.b', '--schema', path);
    const { stdout } = await run('get', 'a.b', '--schema-only');
    expect(stdout).toBe(readFileSync(path, 'utf8'));
    expect((await run('get', 'a.b', 'v99')).code).toBe(1);
  });

  it('takes references, labels, WIT and descriptors', async () => {
    await run(
      'publish',
      'shared.size',
      '--version',
      'v1',
      '--schema',
      file('a.json', { type: 'integer' }),
    );
    const wit = join(folder.path, newId());
    mkdirSync(wit);
    writeFileSync(join(wit, 'a.wit'), 'package a:b@1.0.0;\ninterface c { size: func() -> u32; }\n');
    const published = await run(
      'publish',
      'a.all',
      '--schema',
      file('b.json', { $ref: 'urn:size=1' }),
      '--reference',
      'urn:size=1=shared.size@v1',
      '--wit',
      wit,
      '--descriptor',
      file('d.json', { owner: 'x' }),
      '--label',
      'team=a=b',
      '--description',
      'everything',
    );
    expect(published).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await run('get', 'a.all', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      description: 'everything',
      labels: { team: 'a=b' },
      references: [{ uri: 'urn:size=1', name: 'shared.size', version: 'v1' }],
      wit: [{ path: 'a.wit' }],
      descriptor: { owner: 'x' },
    });
  });

  it('checks and publishes a folder: every contract is told, with one exit code', async () => {
    const all = join(folder.path, newId());
    mkdirSync(join(all, 'folder.json'), { recursive: true });
    writeFileSync(join(all, 'good.one.json'), JSON.stringify(SIZE));
    writeFileSync(join(all, 'good.one.descriptor.json'), '{"owner":"x"}');
    writeFileSync(
      join(all, 'good.two.wit'),
      'package a:b;\ninterface c { size: func() -> u32; }\n',
    );
    writeFileSync(join(all, 'bad.json'), '{"type": 5}');
    writeFileSync(join(all, 'README.md'), 'x');
    const checked = await run('check', '--all', all);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/^bad .*refused/m);
    expect(checked.stdout).toMatch(/^3 contracts: 2 would be published, 1 refused$/m);
    expect(checked.stderr).toMatch(/Checking contracts: +100 % \(3 of 3\)/);
    const published = await run('publish', '--all', all, '--json');
    const { exitCode, contracts } = JSON.parse(published.stdout);
    expect([published.code, exitCode]).toEqual([1, 1]);
    const outcomes = contracts.map((one: Record<string, unknown>) => [one['name'], one['outcome']]);
    expect(outcomes).toEqual([
      ['bad', 'refused'],
      ['good.one', 'created'],
      ['good.two', 'created'],
    ]);
  });
});
