import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { type Ended, nobody, runCommandLine, stubRegistry } from '#test/cli/contract-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';

let registry: TestRegistry;
let files: TempFolder;
let tenant: string;
beforeAll(async () => {
  files = tempFolder();
  registry = await startTestRegistry();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});
beforeEach(() => {
  tenant = `t${newId()}`;
});

async function atlas(line: string, stdin = ''): Promise<Ended> {
  const target = ['--url', registry.api.url, '--tenant', tenant];
  return await runCommandLine([...line.split(' '), ...target], { stdin });
}

function file(text: string): { readonly path: string; readonly sha256: string } {
  const path = join(files.path, newId());
  writeFileSync(path, text);
  return { path, sha256: createHash('sha256').update(text).digest('hex') };
}

describe('atlas-registry dataset', () => {
  it('registers a file, publishes it, and shows both steps', async () => {
    const { path, sha256 } = file('gene_id\tname\n');
    const object = `genes.tsv=${path}`;
    const made = await atlas(
      `dataset register demo/genes --fingerprint v1 --file ${object} --rows 3`,
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(
      /^demo\/genes registered: 1 object, id [0-9a-f-]{36}\nNext: .*publish/,
    );
    const published = await atlas(`dataset publish demo/genes --file ${object}`);
    expect(published).toMatchObject({ code: 0, stderr: '' });
    expect(published.stdout).toBe(`demo/genes published: genes.tsv, 13 B, ${sha256}\n`);
    const shown = await atlas('dataset get demo/genes');
    expect(shown.stdout).toContain(`object      genes.tsv  13 B  ${sha256}  the artifact\n`);
    const history = JSON.parse((await atlas('dataset history demo/genes --json')).stdout);
    const steps = history.entries.map(({ decision }: { decision: string }) => decision);
    expect(steps).toEqual(['DatasetRegistered', 'DatasetPublished']);
    const at = history.entries[0].position;
    const before = JSON.parse((await atlas(`dataset get demo/genes --at ${at} --json`)).stdout);
    expect(before).toMatchObject({ status: 'registered', row_count: 3 });
    expect((await atlas('dataset history demo/genes')).stdout).toMatch(
      /^POSITION +TIME +STEP +STATUS +ROWS +OBJECTS +SIZE +BY\n/,
    );
    const then = await atlas(`dataset history demo/genes --at ${at} --json`);
    expect(JSON.parse(then.stdout).entries).toEqual([history.entries[0]]);
    const newest = await atlas('dataset history demo/genes --newest --limit 1 --json');
    expect(JSON.parse(newest.stdout)).toEqual({ entries: [history.entries[1]], has_more: true });
  });

  it('gives the same answer to a command that is run again under its key', async () => {
    const line = 'dataset register a --fingerprint v1 --idempotency-key once --json';
    const [first, second] = [await atlas(line), await atlas(line)];
    expect([first.code, JSON.parse(first.stdout).existing]).toEqual([0, false]);
    expect(second).toEqual(first);
    const third = await atlas('dataset register a --fingerprint v1 --json');
    expect(JSON.parse(third.stdout).existing).toBe(true);
  });

  it('lists as many as are wanted, and says when there are more', async () => {
    expect((await atlas('dataset list')).stdout).toMatch(/^There are no datasets/);
    for (const name of ['a', 'b', 'c']) await atlas(`dataset register ${name} --fingerprint v1`);
    const { stdout } = await atlas('dataset list --limit 2');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^NAME +STATUS +ROWS +CHANGED +FINGERPRINT$/);
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(['a', 'b', 'There', '']);
    const json = JSON.parse((await atlas('dataset list --limit 3 --json')).stdout);
    expect([json.datasets.length, json.has_more]).toEqual([3, false]);
    expect((await atlas('dataset list --status published --json')).stdout).toContain('[]');
    expect((await atlas('dataset list --status published')).stdout).toBe('No dataset fits\n');
  });

  it('lists those whose names hold a text, in capitals or not', async () => {
    for (const name of ['110/homo_sapiens/GRCh38', '110/mus_musculus/GRCm39', 'sales/orders'])
      await atlas(`dataset register ${name} --fingerprint v1`);
    const named = async (text: string) =>
      JSON.parse((await atlas(`dataset list --name ${text} --json`)).stdout).datasets.map(
        ({ name }: { name: string }) => name,
      );
    expect(await named('grc')).toEqual(['110/homo_sapiens/GRCh38', '110/mus_musculus/GRCm39']);
    expect(await named('110/mus')).toEqual(['110/mus_musculus/GRCm39']);
    expect(await named('nothing')).toEqual([]);
  });

  it('refuses to publish bytes that were not registered, and names what it may be', async () => {
    const [one, other] = [file('one'), file('other')];
    await atlas(`dataset register a --fingerprint v1 --file one=${one.path}`);
    const refused = await atlas(`dataset publish a --file ${other.path}`);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/none of its objects \(want one of: one\)\n$/);
  });

  it('publishes the object of the key that is given with a file, and no other with the same bytes', async () => {
    const { path } = file('same');
    await atlas(
      `dataset register a --fingerprint v1 --file x=${path} --file y=${path} --file z=${file('').path}`,
    );
    expect((await atlas(`dataset publish a --file ${path}`)).stderr).toMatch(
      /2 of its objects fit/,
    );
    expect((await atlas(`dataset publish a --file z=${path}`)).stderr).toMatch(/none of its obj/);
    expect((await atlas(`dataset publish a --file none=${path}`)).stderr).toMatch(
      /no object "none"/,
    );
    expect((await atlas(`dataset publish a --file y=${path} --key x`)).code).toBe(2);
    const published = await atlas(`dataset publish a --file y=${path}`);
    expect(published.stdout).toMatch(/^a published: y, /);
  });

  it('takes the whole of a path for one where such a file is there', async () => {
    const folder = join(files.path, 'date=2026-01-01');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'part.parquet'), 'rows');
    const made = await atlas(
      `dataset register a --fingerprint v1 --json --file ${join(folder, 'part.parquet')}`,
    );
    expect(JSON.parse(made.stdout).manifest.objects[0].key).toBe('part.parquet');
  });

  it('ends at once when it is stopped while a file is read', async () => {
    const path = join(files.path, 'large');
    writeFileSync(path, Buffer.alloc(64 * 1_024 * 1_024));
    const args = ['dataset', 'register', 'a', '--fingerprint', 'v1', '--file', path];
    const signalled = Promise.resolve('SIGINT');
    const stopped = await runCommandLine([...args, '--url', registry.api.url], { signalled });
    expect(stopped).toEqual({ code: 130, stdout: '', stderr: 'Stopped by SIGINT\n' });
    const { json } = await registry.api.get('/registry/datasets/a');
    expect(json.code).toBe('NOT_FOUND');
  });
});

describe('atlas-registry job', () => {
  const DEFINITION = {
    id: 'orders.check',
    name: 'Check orders',
    kind: 'validation',
    trigger: { type: 'MANUAL' },
  };

  it('defines a job, runs it, and watches the run until it is over', async () => {
    const define = async (line: string) => await atlas(line, JSON.stringify(DEFINITION));
    const defined = await define('job define -');
    expect(defined).toMatchObject({ code: 0, stdout: expect.stringMatching(/ defined: draft\n$/) });
    for (const _ of ['first', 'again'])
      expect((await define('job define - --activate')).stdout).toMatch(
        /is there already: active\n$/,
      );
    const headers = { 'Atlas-Tenant': tenant };
    const started = await atlas('job run orders.check --metadata by=hand --json');
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const { id } = JSON.parse(started.stdout);
    const watching = atlas(`job watch ${id}`);
    const send = async (step: string, body: object) =>
      await registry.api.post(`/registry/job-runs/${id}/${step}`, body, headers);
    await send('begin', {});
    await send('progress', { progress: { done: 1, total: 4, message: 'orders' } });
    await send('finish', { status: 'failed', message: 'two rows are wrong' });
    const { code, stdout } = await watching;
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      `${id}  orders.check  failed  two rows are wrong`,
    );
    const listed = await atlas('job list --status failed');
    expect(listed.stdout).toMatch(new RegExp(`^RUN .*\\n${id} +orders.check +failed`));
    expect((await atlas('job list --status running')).stdout).toMatch(/^There are no runs/);
  });
});

describe('atlas-registry events watch', () => {
  it('shows what fits, from a position on, as lines or as JSON, and ends after so many', async () => {
    for (const name of ['a/1', 'b/1', 'a/2'])
      await atlas(`dataset register ${name} --fingerprint v1`);
    const json = await atlas('events watch --from 1 --subject a/ --count 2 --json');
    const events = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ subject }) => subject)).toEqual(['a/1', 'a/2']);
    const from = events[1].position;
    const line = await atlas(`events watch --from ${from} --type DatasetRegistered --count 1`);
    expect(line.stdout).toMatch(/^ +\d+ {2}\S+Z {2}DatasetRegistered {2}a\/2 {2}by anonymous\n$/);
  });

  it('ends with 130 when a signal comes', async () => {
    const target = ['--url', registry.api.url];
    const signalled = Promise.resolve('SIGINT');
    expect((await runCommandLine(['events', 'watch', ...target], { signalled })).code).toBe(130);
  });
});

describe('the exit codes of commands that speak to a registry', () => {
  it('are 2 for what is used wrongly, before anything is sent', async () => {
    for (const line of [
      'dataset get',
      'dataset list --limit none',
      'dataset list --status lost',
      'dataset register a',
      'dataset register a --fingerprint v1 --file /nowhere/at/all',
      'job define /nowhere/at/all',
      'events watch --from x',
      'events watch --stream none',
    ])
      expect(await atlas(line), line).toMatchObject({ code: 2, stdout: '' });
    expect(await atlas('job define -', 'no json')).toMatchObject({ code: 2 });
    tenant = 'NOT A TENANT';
    expect((await atlas('dataset list')).stderr).toMatch(/^Cannot use tenant "NOT A TENANT"/);
  });

  it('are 1 for what is refused, and 3 for a registry that is away; each says what to do', async () => {
    const missing = await atlas('dataset get nothing');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/Cannot find dataset "nothing".* Next: look at .*"list"/);
    const away = await runCommandLine(['dataset', 'list', '--url', await nobody()]);
    expect(away).toMatchObject({ code: 3, stdout: '' });
    expect(away.stderr).toMatch(/does not answer \(ECONNREFUSED\)\. Next: start one with/);
    await using refusing = await stubRegistry(() => ({
      status: 401,
      body: { detail: 'no token' },
    }));
    const nameless = await runCommandLine(['dataset', 'list', '--url', refusing.url]);
    expect(nameless).toMatchObject({ code: 1, stderr: expect.stringMatching(/Next: put a token/) });
  });

  it('stand under the help of each of them', async () => {
    for (const line of ['dataset', 'dataset get', 'job run', 'events watch']) {
      const { code, stdout } = await runCommandLine([...line.split(' '), '--help']);
      expect([code, stdout]).toEqual([0, expect.stringContaining('EXIT CODES')]);
    }
  });
});
