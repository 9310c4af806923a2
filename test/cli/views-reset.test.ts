import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPLAY } from '#compose/drills/replay';
import { freePorts } from '#flow/free-ports';
import { newId } from '#flow/new-id';
import { runDrillWith } from '#test/support/drill-bed';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestNats, type TestNats } from '#test/support/nats';
import { startNatsWithRoles } from '#test/support/nats-roles';
import { query, rowsOf } from '#test/support/postgres';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { runCommand } from '#test/support/run-command';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { KEYS, runOnTerminal } from '#test/support/terminal';
import { eventually } from '#test/support/wait';

type Env = Readonly<Record<string, string>>;

let folder: TempFolder;
let data: string;
beforeEach(() => {
  folder = tempFolder();
  data = join(folder.path, 'data');
});
afterEach(() => folder[Symbol.dispose]());

async function reset(flags: readonly string[], env: Env = {}) {
  const run = runCommand(['views', 'reset', ...flags], { ATLAS_DATA_DIR: data, ...env });
  run.child.stdin?.end();
  return { code: await run.exit, text: run.text() };
}

async function write(node: TestRegistry, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const name = `c.x${newId().replaceAll('-', '')}`;
    const answers = [
      await node.api.post('/registry/datasets', registration(`d/${newId()}`)),
      await node.api.post('/registry/contracts', { name, jsonSchema: { type: 'string' } }),
      await node.api.post('/registry/job-runs', { job: 'load', kind: 'load' }),
    ];
    expect(answers.map(({ status }) => Math.floor(status / 100))).toEqual([2, 2, 2]);
  }
}

/** Runs a node on the folder for as long as the work takes. */
async function withNode(work: (node: TestRegistry) => Promise<void>, env: Env = {}): Promise<void> {
  await using node = await startTestRegistry({ ATLAS_DATA_DIR: data, ...env });
  await work(node);
}

/** The digest of every view and its position, each of which is what the log comes to. */
async function digests(env: Env = {}): Promise<readonly string[]> {
  const run = await runDrillWith(REPLAY, { env: { ATLAS_DATA_DIR: data, ...env } });
  expect(run.outcome, run.text).toBe('succeeded');
  return [...run.text.matchAll(/^ok +(\S+) is what the log says: (.*)$/gm)].map(
    ([, name, digest]) => `${name} ${digest}`,
  );
}

const views = (): readonly string[] => {
  const path = join(data, 'views');
  return existsSync(path) ? readdirSync(path) : [];
};

describe('views reset --yes', () => {
  it('removes the local views without a question, and the next start builds the same ones', async () => {
    await withNode(async (node) => write(node, 5));
    const before = await digests();
    expect(before).toHaveLength(4);
    const kept = readdirSync(data).filter((name) => name !== 'views');
    const { code, text } = await reset(['--yes']);
    expect(text).toMatch(
      /^This removes:\n {2}local views: .*data\/views \(\d+ files, [\d.]+ MB\)\nRemoved\. The next start builds the views from the log\.\n$/,
    );
    expect(code).toBe(0);
    expect(views()).toEqual([]);
    expect(readdirSync(data)).toEqual(expect.arrayContaining(kept));
    await withNode(async () => undefined);
    expect(await digests()).toEqual(before);
    await withNode(async (node) => write(node, 1));
  });

  it('says that there is nothing, and has then succeeded', async () => {
    await withNode(async () => undefined);
    expect((await reset(['--yes'])).code).toBe(0);
    expect(await reset(['--yes'])).toEqual({ code: 0, text: 'There is nothing to remove.\n' });
  });
});

describe('views reset removes nothing, exits with 1 and says why', () => {
  it('while a node runs on the folder', async () => {
    await withNode(async (node) => {
      await write(node, 1);
      const { code, text } = await reset(['--yes']);
      expect(text).toMatch(
        /^Cannot use data folder ".*": process \d+ holds it \(want .*stop that process/,
      );
      expect(code).toBe(1);
      await write(node, 1);
    });
    await digests();
  });

  it('without a terminal and without --yes', async () => {
    await withNode(async (node) => write(node, 1));
    const before = views();
    const { code, text } = await reset([]);
    expect(text.split('\n')).toContain(
      'Cannot ask: there is no terminal (want --yes). Nothing was removed',
    );
    expect([code, views()]).toEqual([1, before]);
  });

  it('for a folder that no node has used, and makes none', async () => {
    const { code, text } = await reset(['--yes']);
    expect(text).toMatch(
      /^Cannot reset views in ".*data": no node has used this folder \(want ATLAS_DATA_DIR as the node has it\)\n$/,
    );
    expect([code, existsSync(data)]).toEqual([1, false]);
    mkdirSync(join(data, 'views'), { recursive: true });
    writeFileSync(join(data, 'views', 'holiday.jpg'), 'not of a registry');
    expect((await reset(['--yes'])).code).toBe(1);
    expect(readdirSync(data, { recursive: true })).toEqual(['views', 'views/holiday.jpg']);
  });

  it('when a setting is wrong, with one line for each', async () => {
    const env = { ATLAS_SNAPSHOTS: 'perhaps', ATLAS_VISIBLE_WAIT_MS: 'long' };
    const { code, text } = await reset(['--yes'], env);
    expect([code, text.trim().split('\n').length]).toEqual([2, 2]);
  });

  it('when --postgres has no DATABASE_URL, or nobody answers there, or at NATS', async () => {
    await withNode(async (node) => write(node, 1));
    const before = views();
    const [port = 0] = await freePorts(1);
    const cases: readonly [string, Env, RegExp, number][] = [
      ['--postgres', {}, /^Cannot reset views in Postgres: DATABASE_URL is not set/, 1],
      [
        '--postgres',
        { DATABASE_URL: `postgres://a:secret@127.0.0.1:${port}/b` },
        /^Cannot reach Postgres at "(?!.*secret)/,
        3,
      ],
      [
        '--bucket',
        { NATS_URL: `nats://127.0.0.1:${port}`, NATS_CONNECT_TIMEOUT_MS: '1000' },
        /^Cannot .*NATS/,
        3,
      ],
    ];
    for (const [flag, env, line, exit] of cases) {
      const { code, text } = await reset(['--yes', flag], env);
      expect(text).toMatch(line);
      expect([code, views()]).toEqual([exit, before]);
    }
  });
});

describe('views reset on a terminal', () => {
  it.each([
    ['no', `no${KEYS.enter}`],
    ['nothing', KEYS.enter],
    ['Ctrl-C', KEYS.ctrlC],
    ['Ctrl-D', KEYS.ctrlD],
  ])('removes nothing when the answer is %s', async (_, keys) => {
    await withNode(async (node) => write(node, 1));
    const before = views();
    const run = runOnTerminal(['views', 'reset'], { ATLAS_DATA_DIR: data });
    await eventually('the question', () => run.text().includes('Go on? [y/N] '));
    run.type(keys);
    expect(await run.exit).toBe(1);
    expect(run.text()).toMatch(/local views: .*\r\nGo on\? \[y\/N\] [\s\S]*Nothing was removed\./);
    expect(views()).toEqual(before);
  });

  it.each(['y', 'Yes'])('removes what it has named when the answer is %s', async (answer) => {
    await withNode(async (node) => write(node, 1));
    const run = runOnTerminal(['views', 'reset'], { ATLAS_DATA_DIR: data });
    await eventually('the question', () => run.text().includes('Go on? [y/N] '));
    expect(views()).not.toEqual([]);
    run.type(`${answer}${KEYS.enter}`);
    expect(await run.exit).toBe(0);
    expect(run.text()).toContain('Removed.');
    expect(views()).toEqual([]);
  });
});

const BUCKET_STREAM = 'KV_contracts';

async function streamsOf(nats: TestNats): Promise<readonly string[]> {
  const { jsm } = await nats.connect();
  const found = await jsm.streams.list().next();
  return found.map(({ config, state }) => `${config.name} ${state.last_seq}`).toSorted();
}

describe('views reset --postgres --bucket', () => {
  it('removes what nodes share and nothing else there, and the next start builds the same views', async () => {
    await using nats = await startTestNats({ provision: false });
    const url = await freshDatabase();
    const env = {
      DATABASE_URL: url,
      NATS_URL: nats.server.url.replace('//', `//${nats.server.token}@`),
      ATLAS_AUDIT_ANCHORS: 'postgres',
      ATLAS_AUDIT_ANCHOR_SECONDS: '1',
    };
    const count = async (table: string): Promise<number> =>
      Number((await rowsOf(url, `SELECT count(*) AS n FROM ${table}`))[0]?.['n']);
    const anchors = () => rowsOf(url, 'SELECT * FROM atlas_registry_audit.anchor ORDER BY 1, 2');
    await withNode(async (node) => {
      await write(node, 5);
      await eventually('an anchor of both streams', async () => (await anchors()).length >= 2);
    }, env);
    await query(url, 'CREATE TABLE public.job_run AS SELECT 1 AS mine');
    const { js } = await nats.connect();
    const other = await new Kvm(js).create('others');
    await other.put('mine', '1');
    const [before, anchored, streams] = [
      await digests(env),
      await anchors(),
      await streamsOf(nats),
    ];
    expect(before).toHaveLength(4);

    const { code, text } = await reset(['--yes', '--postgres', '--bucket'], env);
    expect(text).toMatch(
      /^This removes:\n {2}shared view: stores of the registries, Postgres\n {2}shared view: job runs, Postgres\n {2}shared view: bucket "contracts" of nats-server .*\n {2}local views: .*\nRemoved\./,
    );
    expect(code).toBe(0);
    expect(await count('atlas_registry.job_run')).toBe(0);
    expect(await count('atlas_registry_stores.document')).toBe(0);
    expect(await count('atlas_registry_stores.document_term')).toBe(0);
    expect(await count('public.job_run')).toBe(1);
    expect(await anchors()).toEqual(anchored);
    expect(await streamsOf(nats)).toEqual(
      streams.filter((stream) => !stream.startsWith(`${BUCKET_STREAM} `)),
    );
    expect((await other.get('mine'))?.string()).toBe('1');
    expect(views()).toEqual([]);

    await withNode(async () => undefined, env);
    expect(await digests(env)).toEqual(before);
    const verified = runCommand(['audit', 'verify'], { ATLAS_DATA_DIR: data, ...env });
    expect([await verified.exit, verified.text()]).toEqual([0, expect.any(String)]);
  });

  it('removes nothing of a broker whose account may not remove the bucket, and says so', async () => {
    await using nats = await startNatsWithRoles();
    const provisioned = runCommand(['provision'], nats.env('provisioner'));
    expect(await provisioned.exit, provisioned.text()).toBe(0);
    const env = nats.env('all');
    await withNode(async (node) => write(node, 1), env);
    const before = views();
    const { code, text } = await reset(['--yes', '--bucket'], env);
    expect(text).toMatch(
      /Cannot remove shared view: bucket "contracts" .*: .*\nRemoved: nothing\. Run it again\./,
    );
    expect([code, views()]).toEqual([1, before]);
    await withNode(async () => undefined, env);
  });

  it('removes the bucket of a broker that the node brings along', async () => {
    await withNode(async (node) => write(node, 3));
    const before = await digests();
    const { code, text } = await reset(['--yes', '--bucket']);
    expect(text).toMatch(/bucket "contracts" of nats-server .*embedded/);
    expect(code).toBe(0);
    await withNode(async () => undefined);
    expect(await digests()).toEqual(before);
  });

  it('says what was removed already when one place fails midway, and exits with 3', async () => {
    const url = await freshDatabase();
    const env = { DATABASE_URL: url };
    await withNode(async (node) => write(node, 1), env);
    await query(url, 'ALTER TABLE atlas_registry.job_run_checkpoint RENAME TO gone');
    const { code, text } = await reset(['--yes', '--postgres'], env);
    expect(text).toMatch(
      /Cannot remove shared view: job runs, Postgres: .*\nRemoved: shared view: stores of the registries, Postgres\. Run it again\./,
    );
    expect(code).toBe(3);
    expect(views()).not.toEqual([]);
    await query(url, 'ALTER TABLE atlas_registry.gone RENAME TO job_run_checkpoint');
    expect((await reset(['--yes', '--postgres'], env)).code).toBe(0);
    await withNode(async () => undefined, env);
    await digests(env);
  });
});
