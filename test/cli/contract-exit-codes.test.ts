import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Judgement } from '#cli/contract/judgement';
import { runContract, stubRegistry } from '#test/cli/contract-bed';
import { COMPARISON } from '#test/cli/judgement-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

let folder: TempFolder;
beforeAll(() => {
  folder = tempFolder();
});
afterAll(() => folder[Symbol.dispose]());

describe('what contract check and publish end with', () => {
  const problem = (status: number, code: string, details: object = {}) => ({
    status,
    body: { status, code, title: 't', detail: `Cannot: ${code}`, details },
  });

  function schemaFile(name = 'a.json', text: string | Uint8Array = '{}'): string {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  }

  it.each([
    [1, 422, 'INVALID_SCHEMA'],
    [1, 422, 'INCOMPATIBLE'],
    [1, 409, 'VERSION_CONFLICT'],
    [1, 413, 'TOO_LARGE'],
    [1, 403, 'READ_ONLY'],
    [1, 404, 'NOT_FOUND'],
    [2, 400, 'INVALID_NAME'],
    [3, 429, 'RATE_LIMITED'],
    [3, 500, 'INTERNAL'],
    [3, 503, 'BUSY'],
  ])('exits with %i for an answer %i %s, and shows it', async (want, status, code) => {
    await using server = await stubRegistry(() => problem(status, code));
    const args = ['publish', 'a.b', '--url', server.url, '--schema', schemaFile()];
    const { code: exit, stdout } = await runContract(args);
    expect(exit).toBe(want);
    expect(stdout).toContain(`Cannot: ${code}`);
    expect(JSON.parse((await runContract([...args, '--json'])).stdout)).toMatchObject({
      exitCode: want,
      contracts: [{ name: 'a.b', code }],
    });
  });

  it('shows what stands in the details of a refusal: comparisons and the right version', async () => {
    const details = { version: 'v3', want: 'v4', mode: 'FULL', comparisons: [COMPARISON] };
    await using server = await stubRegistry(() => problem(422, 'INCOMPATIBLE', details));
    const args = ['publish', 'a.b', '--url', server.url, '--schema', schemaFile()];
    const { stdout } = await runContract(args);
    expect(stdout).toMatch(/BREAKING {2}type-changed[^]*Valid under v3[^]*Right version: v4/);
  });

  it.each([
    ['a registry that cuts the line', undefined],
    ['HTML', { body: '<h1>x</h1>' }],
    ['JSON of another kind', { body: { hello: 1 } }],
  ] as const)('exits with 3 for %s', async (_, answer) => {
    await using server = await stubRegistry(() => answer);
    const args = ['check', 'a.b', '--url', server.url, '--schema', schemaFile()];
    expect((await runContract(args)).code).toBe(3);
  });

  it('says who sends it, in which scope and under which key, and sends text to the letter', async () => {
    await using server = await stubRegistry(() => problem(503, 'BUSY'));
    const text = '{ "title" : "\u00e4" }\n';
    await runContract(
      ['publish', 'a.b', '--url', `${server.url}/`, '--schema', '-', '--version', 'v1'].concat([
        '--actor',
        'ci bot',
        '--override-reason',
        'because',
      ]),
      { stdin: text },
    );
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/registry/contracts',
      body: { name: 'a.b', version: 'v1', jsonSchema: text, override: { reason: 'because' } },
    });
    expect(request?.headers).toMatchObject({
      'atlas-actor': 'ci bot',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it.each([
    [['check'], /no contract is named/],
    [['check', 'a.b'], /no content/],
    [['check', 'a.b', '--schema', 'none.json'], /Cannot read "none\.json": ENOENT/],
    [['check', 'a.b', '--schema', '@latin'], /it is not UTF-8/],
    [['check', 'a.b', '--schema', '.'], /it is no file/],
    [['check', 'a.b', '--wit', '@folder'], /holds 0 files of WIT/],
    [['check', 'a.b', '--wit', '@a', '--wit', '@a'], /has the name of/],
    [['check', 'a.b', '--descriptor', '@latin'], /not UTF-8/],
    [['check', 'a.b', '--all', '.'], /a name and --all are given/],
    [['check', '--all', '.', '--schema', 'x'], /--schema is for one contract/],
    [['check', '--all', 'none'], /Cannot read folder "none": ENOENT/],
    [['check', '--all', '@folder'], /it holds 0 contracts/],
    [['check', 'a.b', '--schema', '@a', '--json', '--output', 'junit'], /want one of them/],
    [['check', 'a.b', '--schema', '@a', '--output', 'xml'], /Want one of human/],
    [['check', 'a.b', '--schema', '@a', '--reference', 'x'], /Want <uri>=<name>@<version>/],
    [['check', 'a.b', '--schema', '@a', '--label', '=x'], /Want <key>=<value>/],
    [['check', 'a.b', '--schema', '@a', '--label', 'a=1', '--label', 'a=2'], /every label once/],
    [['check', 'a.b', '--schema', '@a', '--url', 'x'], /Cannot use address/],
    [['check', 'a.b', '--schema', '@a', '--actor', 'a\nb'], /Cannot use actor/],
    [['frobnicate'], /unknown command/],
  ] as const)('exits with 2 for %j', async (args, want) => {
    await using server = await stubRegistry(() => problem(503, 'BUSY'));
    const empty = tempFolder();
    const files: Record<string, string> = {
      '@a': schemaFile(),
      '@latin': schemaFile('latin.json', Buffer.from('"\u00e4"', 'latin1')),
      '@folder': empty.path,
    };
    const { code, stdout, stderr } = await runContract([
      ...args.map((arg) => files[arg] ?? arg),
      ...(args.length > 1 && !args.includes('--url' as never) ? ['--url', server.url] : []),
    ]);
    empty[Symbol.dispose]();
    expect(code).toBe(2);
    expect(`${stdout}${stderr}`).toMatch(want);
    expect(server.requests).toEqual([]);
  });

  it('asks no more once the registry is away, and says of each contract that it was not judged', async () => {
    const all = tempFolder();
    for (let i = 10; i < 40; i += 1) writeFileSync(join(all.path, `c${i}.json`), '{}');
    await using server = await stubRegistry(({ path }) =>
      path.includes('/c10/') ? { body: { wouldPublish: true } } : undefined,
    );
    const run = ['check', '--all', all.path, '--url', server.url, '--json'];
    const { code, stdout } = await runContract(run);
    all[Symbol.dispose]();
    const { contracts } = JSON.parse(stdout);
    expect([code, contracts.length, contracts[0].outcome]).toEqual([3, 30, 'accepted']);
    expect(contracts.slice(1).every((one: Judgement) => one.outcome === 'failed')).toBe(true);
    expect(server.requests.length).toBeLessThan(10);
  });

  it('keeps standard output for machines, and tells people on standard error', async () => {
    await using server = await stubRegistry(() => ({
      body: { wouldPublish: true, version: 'v1' },
    }));
    const args = ['check', 'a.b', '--url', server.url, '--schema', schemaFile()];
    const forms = ['--output', 'human', '--output', 'json'];
    const { stdout, stderr } = await runContract([...args, ...forms]);
    expect(JSON.parse(stdout).exitCode).toBe(0);
    expect(stderr).toBe('a.b v1, would be published\n');
  });

  it('ends with 130 when it is stopped', async () => {
    await using server = await stubRegistry(async () => await new Promise(() => undefined));
    const args = ['check', 'a.b', '--url', server.url, '--schema', schemaFile()];
    const ended = await runContract(args, { signalled: Promise.resolve('SIGTERM') });
    expect(ended).toEqual({ code: 130, stdout: '', stderr: 'Stopped by SIGTERM\n' });
  });

  it('documents its exit codes in the help of every command', async () => {
    for (const args of [['check'], ['diff'], ['bundle', 'fetch'], ['bundle', 'release']]) {
      const { code, stdout } = await runContract([...args, '--help']);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^EXIT CODES[^]*130 {2}stopped/m)]);
    }
  });
});
