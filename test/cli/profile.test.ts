import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Ended, runCommandLine, type StubServer, stubRegistry } from '#test/cli/contract-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const EMPTY = { datasets: [], has_more: false };

let folder: TempFolder;
let server: StubServer;
let other: StubServer;
beforeEach(async () => {
  folder = tempFolder();
  vi.stubEnv('XDG_CONFIG_HOME', folder.path);
  for (const name of ['ATLAS_PROFILE', 'ATLAS_TOKEN']) vi.stubEnv(name, '');
  server = await stubRegistry(() => ({ body: EMPTY }));
  other = await stubRegistry(() => ({ body: EMPTY }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function atlas(line: string, stdin = ''): Promise<Ended> {
  return await runCommandLine(line.split(' '), { stdin });
}

async function set(name: string, more = ''): Promise<void> {
  const { code, stderr } = await atlas(`profile set ${name} --url ${server.url}${more}`);
  expect([code, stderr]).toEqual([0, '']);
}

/** Who the last request to a registry said it was. */
function bearerOf({ requests }: StubServer): string | undefined {
  return requests.at(-1)?.headers.authorization;
}

const file = (name: string): string => join(folder.path, 'atlas-registry', name);

describe('atlas-registry profile', () => {
  it('makes, lists, changes, uses and removes profiles', async () => {
    expect((await atlas('profile list')).stdout).toMatch(/^There are no profiles/);
    const made = await atlas(`profile set prod --url ${server.url} --tenant acme --actor me`);
    expect(made.stdout).toBe(
      `Profile prod made: ${server.url}\nNext: atlas-registry profile use prod\n`,
    );
    expect((await atlas('profile use prod')).stdout).toContain('Profile prod is in use');
    expect((await atlas('profile set prod --environment prod')).stdout).toMatch(
      /^Profile prod changed/,
    );
    const { profiles } = JSON.parse((await atlas('profile list --json')).stdout);
    const want = { name: 'prod', in_use: true, url: server.url, tenant: 'acme', actor: 'me' };
    expect(profiles).toEqual([{ ...want, environment: 'prod' }]);
    expect((await atlas('profile list')).stdout).toMatch(/^ +NAME +URL.*\n\* +prod +http/);
    expect((await atlas('profile remove prod')).stdout).toBe(
      'Profile prod removed; no profile is in use now\n',
    );
    expect((await atlas('profile list')).stdout).toMatch(/^There are no profiles/);
  });

  it('keeps a token that is handed in where only its user reads it, and shows it nowhere', async () => {
    await set('prod');
    const kept = await atlas('profile set prod --token-stdin', 'secret-token\n');
    expect(kept.code).toBe(0);
    const token = file('tokens/prod');
    expect(readFileSync(token, 'utf8')).toBe('secret-token\n');
    const modes = [token, file('tokens'), file('profiles.json')].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o700, 0o600]);
    const shown = [kept, await atlas('profile list'), await atlas('profile list --json')];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain('secret-token');
    expect(readFileSync(file('profiles.json'), 'utf8')).not.toContain('secret-token');
    await atlas('dataset list --profile prod');
    expect(bearerOf(server)).toBe('Bearer secret-token');
    await atlas('profile remove prod');
    expect(existsSync(token)).toBe(false);
  });

  it('does not use a kept token that others may read', async () => {
    await set('prod');
    await atlas('profile set prod --token-stdin', 'secret-token');
    chmodSync(file('tokens/prod'), 0o644);
    const { code, stderr } = await atlas('dataset list --profile prod');
    expect([code, server.requests]).toEqual([2, []]);
    expect(stderr).toMatch(/others may read ".*tokens\/prod" \(want mode 0600, and a new token\)/);
  });

  it('reads a token from a variable or from a file, each time anew', async () => {
    vi.stubEnv('PROD_TOKEN', 'of-variable');
    await set('prod', ' --token-env PROD_TOKEN');
    await atlas('dataset list --profile prod');
    expect(bearerOf(server)).toBe('Bearer of-variable');
    const path = join(folder.path, 'renewed');
    await atlas(`profile set prod --token-file ${path}`);
    for (const token of ['first', 'second']) {
      writeFileSync(path, `${token}\n`);
      await atlas('dataset list --profile prod');
      expect(bearerOf(server)).toBe(`Bearer ${token}`);
    }
    await atlas('profile set prod --without-token');
    await atlas('dataset list --profile prod');
    expect(bearerOf(server)).toBe(undefined);
  });

  it('says what is wrong with a token without showing it', async () => {
    vi.stubEnv('PROD_TOKEN', '');
    await set('prod', ' --token-env PROD_TOKEN');
    const unset = await atlas('dataset list --profile prod');
    expect(unset.stderr).toMatch(/^Cannot use the token of profile "prod": PROD_TOKEN is not set/);
    vi.stubEnv('PROD_TOKEN', 'two words');
    const wrong = await atlas('dataset list --profile prod');
    expect(wrong.stderr).toMatch(/^Cannot use PROD_TOKEN of profile "prod": it is no bearer token/);
    expect(wrong.stderr).not.toContain('two words');
    const kept = await atlas('profile set prod --token-stdin', 'two words');
    expect([kept.code, kept.stderr.includes('two words')]).toEqual([2, false]);
    expect(existsSync(file('tokens'))).toBe(false);
  });
});

describe('which profile counts', () => {
  beforeEach(async () => {
    await set('one', ' --tenant one');
    await atlas(`profile set two --url ${other.url} --tenant two`);
  });

  it('is the named one, then that of ATLAS_PROFILE, then the one in use; --url leaves all aside', async () => {
    await atlas('profile use one');
    await atlas('dataset list');
    expect([server.requests.length, other.requests.length]).toEqual([1, 0]);
    vi.stubEnv('ATLAS_PROFILE', 'two');
    await atlas('dataset list');
    expect([server.requests.length, other.requests.length]).toEqual([1, 1]);
    await atlas('dataset list --profile one');
    expect([server.requests.length, other.requests.length]).toEqual([2, 1]);
    await atlas(`dataset list --url ${server.url}`);
    expect([server.requests.length, other.requests.length]).toEqual([3, 1]);
    const { code, stderr } = await atlas(`dataset list --profile one --url ${server.url}`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^Cannot use --url with --profile/)]);
  });

  it('gives tenant and environment, and options go before it', async () => {
    const seen: string[] = [];
    const scoped = await stubRegistry(() => ({ body: EMPTY }));
    const scopeOf = async (line: string): Promise<string> => {
      const token = await atlas(`${line} --json`);
      const { tenant, environment } = JSON.parse(token.stdout);
      return `${tenant}/${environment}`;
    };
    seen.push(await scopeOf('token --profile one'));
    seen.push(await scopeOf('token --profile one --tenant x --environment prod'));
    seen.push(await scopeOf(`token --url ${scoped.url}`));
    await scoped[Symbol.asyncDispose]();
    expect(seen).toEqual(['one/undefined', 'x/prod', 'undefined/undefined']);
    expect(scoped.requests.map(({ headers }) => headers['atlas-tenant'])).toEqual([undefined]);
  });

  it('sends a token to no registry but the one that it is for', async () => {
    await atlas('profile set one --token-stdin', 'of-one');
    vi.stubEnv('ATLAS_TOKEN', 'of-environment');
    await atlas('dataset list --profile one');
    expect(bearerOf(server)).toBe('Bearer of-one');
    vi.stubEnv('ATLAS_PROFILE', 'one');
    await atlas('dataset list');
    expect(bearerOf(server)).toBe('Bearer of-environment');
    await atlas(`dataset list --url ${other.url}`);
    expect(bearerOf(other)).toBe('Bearer of-environment');
    vi.stubEnv('ATLAS_TOKEN', '');
    await atlas(`dataset list --url ${other.url}`);
    expect(bearerOf(other)).toBe(undefined);
    const moved = await atlas(`profile set one --url ${other.url}`);
    expect(moved).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/its token is for http/),
    });
    expect((await atlas(`profile set one --url ${other.url} --without-token`)).code).toBe(0);
    expect(existsSync(file('tokens/one'))).toBe(false);
  });

  it('is not sent on to where a registry sends its clients', async () => {
    await using elsewhere = await stubRegistry(({ path }) => ({
      status: 307,
      body: {},
      headers: { Location: `${other.url}${path}` },
    }));
    vi.stubEnv('ATLAS_TOKEN', 'of-environment');
    expect((await atlas(`dataset list --url ${elsewhere.url}`)).code).toBe(3);
    expect(bearerOf(elsewhere)).toBe('Bearer of-environment');
    expect(other.requests).toEqual([]);
  });

  it('counts for every command that speaks to a registry', async () => {
    for (const line of [
      'contract versions a.b',
      'contract bundle fetch --public-key /nowhere',
      'dataset get a',
      'job list',
      'events watch --count 1',
      'key list',
      'token',
    ]) {
      const { code, stderr } = await atlas(`${line} --profile none`);
      expect([code, stderr], line).toEqual([
        2,
        expect.stringMatching(/^Cannot use profile "none": there is none/),
      ]);
    }
  });
});

describe('what is no profile', () => {
  it('is refused with what is wanted, and changes nothing', async () => {
    await set('one');
    const before = readFileSync(file('profiles.json'), 'utf8');
    for (const [line, code, want] of [
      ['profile set new', 2, /it has no registry yet \(want --url\)/],
      ['profile set ../x --url http://a', 2, /that is no name/],
      ['profile set __proto__ --url http://a', 2, /that is no name/],
      ['profile set one --url ftp://a', 2, /Cannot use address/],
      ['profile set one --url http://a:b@c', 2, /without a password/],
      ['profile set one --tenant A', 2, /Cannot use tenant "A"/],
      ['profile set one --token-env A=B', 2, /is no variable/],
      ['profile set one --token-env A --token-file b', 2, /--token-env and --token-file are given/],
      ['profile use none', 1, /Cannot find profile "none"/],
      ['profile use', 2, /a name or --none is missing/],
      ['profile remove none', 1, /Cannot find profile "none"/],
    ] as const) {
      const ended = await atlas(line);
      expect([ended.code, ended.stdout], line).toEqual([code, '']);
      expect(ended.stderr, line).toMatch(want);
    }
    expect(readFileSync(file('profiles.json'), 'utf8')).toBe(before);
  });

  it('is said of a file that somebody has spoiled, and --url goes on without it', async () => {
    await set('one');
    for (const [text, want] of [
      ['{', /it is not JSON/],
      ['{"profiles":{"one":{"url":1}}}', /does not fit at "profiles.one.url"/],
      ['{"profiles":{},"more":1}', /does not fit/],
      [' '.repeat(1_048_577), /1048577 bytes/],
    ] as const) {
      writeFileSync(file('profiles.json'), text);
      const { code, stderr } = await atlas('dataset list');
      expect([code, stderr]).toEqual([2, expect.stringMatching(want)]);
      expect((await atlas(`dataset list --url ${server.url}`)).code).toBe(0);
    }
  });
});
