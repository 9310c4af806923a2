import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Ended, runCommandLine, stubRegistry } from '#test/cli/contract-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
  vi.stubEnv('XDG_CONFIG_HOME', folder.path);
  for (const name of ['ATLAS_PROFILE', 'ATLAS_TOKEN']) vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  folder[Symbol.dispose]();
});

async function atlas(...args: readonly string[]): Promise<Ended> {
  return await runCommandLine(args);
}

const path = (): string => join(folder.path, 'atlas-registry/profiles.json');
const URL_OF = ['--url', 'http://127.0.0.1:3001'] as const;

describe('profile set', () => {
  it.each([
    '--ca',
    '--client-cert',
    '--client-key',
    '--token-file',
    '--token-env',
    '--tenant',
    '--environment',
    '--actor',
    '--url',
  ])('refuses an empty %s, and leaves what is there as it was', async (flag) => {
    expect((await atlas('profile', 'set', 'a', ...URL_OF)).code).toBe(0);
    const before = readFileSync(path(), 'utf8');
    const refused = await atlas('profile', 'set', 'a', flag, '');
    expect([refused.code, refused.stdout], refused.stderr).toEqual([2, '']);
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect((await atlas('profile', 'list')).code).toBe(0);
  });

  it('writes nothing that no command could read again', async () => {
    const long = await atlas('profile', 'set', 'a', ...URL_OF, '--ca', `/${'x'.repeat(5_000)}`);
    expect(long.code).toBe(2);
    expect(long.stderr).toMatch(/its "ca" does not fit/);
    expect((await atlas('profile', 'list')).stdout).toMatch(/^There are no profiles/);
  });

  it('takes no token that is typed where everybody sees it, and says how it is handed in', async () => {
    const args = ['profile', 'set', 'a', ...URL_OF, '--token-stdin'];
    const refused = await runCommandLine(args, { stdin: 'secret', isTyped: true });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('< key.txt')]);
    expect((await atlas('profile', 'list')).stdout).toMatch(/^There are no profiles/);
  });

  it('mends an address that was written by hand and is none', async () => {
    mkdirSync(join(folder.path, 'atlas-registry'));
    const broken = { profiles: { a: { url: 'nonsense', token_env: 'T' } } };
    writeFileSync(path(), JSON.stringify(broken));
    const refused = await atlas('profile', 'set', 'a', ...URL_OF);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('its token is for an address that is none'),
    ]);
    expect((await atlas('profile', 'set', 'a', ...URL_OF, '--without-token')).code).toBe(0);
  });

  it('refuses a name that differs from another one in capitals alone', async () => {
    await atlas('profile', 'set', 'prod', ...URL_OF);
    const refused = await atlas('profile', 'set', 'Prod', ...URL_OF);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('there is "prod"')]);
    expect((await atlas('profile', 'set', 'prod', '--tenant', 'acme')).code).toBe(0);
  });
});

describe('a folder of profiles that cannot be one', () => {
  it('is as good as none for whoever names no profile, and an error for whoever does', async () => {
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    vi.stubEnv('XDG_CONFIG_HOME', file);
    await using server = await stubRegistry(() => ({ body: { datasets: [] } }));
    const { code, stderr } = await atlas('dataset', 'list');
    // The registry of this machine, which need not be there.
    expect([code, stderr]).not.toEqual([2, expect.stringContaining('profiles')]);
    expect((await atlas('dataset', 'list', '--url', server.url)).code).toBe(0);
    const named = await atlas('dataset', 'list', '--profile', 'a');
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('ENOTDIR')]);
  });
});
