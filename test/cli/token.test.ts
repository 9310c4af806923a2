import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Ended, nobody, runCommandLine } from '#test/cli/contract-bed';
import { startGuardedRegistry } from '#test/support/guarded-registry';
import { startTestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { CLAIMS, NOW_SECONDS, tokenOf } from '#test/support/tokens';

const BOOTSTRAP = randomBytes(32).toString('hex');

let files: TempFolder;
let guarded: AsyncDisposable & { readonly url: string };
beforeAll(async () => {
  files = tempFolder();
  const path = join(files.path, 'bootstrap');
  writeFileSync(path, BOOTSTRAP);
  guarded = await startGuardedRegistry({ ATLAS_BOOTSTRAP_KEY_FILE: path });
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});
beforeEach(() => {
  vi.stubEnv('XDG_CONFIG_HOME', files.path);
  for (const name of ['ATLAS_PROFILE', 'ATLAS_TOKEN']) vi.stubEnv(name, '');
});
afterEach(() => vi.unstubAllEnvs());

async function token(...more: readonly string[]): Promise<Ended> {
  const target = ['--url', guarded.url, '--tenant', CLAIMS.tenant];
  return await runCommandLine(['token', ...target, ...more], { nowMs: NOW_SECONDS * 1_000 });
}

describe('atlas-registry token', () => {
  it('says of a JWT who it is, for what and until when, and that the registry takes it', async () => {
    const text = await tokenOf({ scope: 'datasets:read jobs:write' });
    vi.stubEnv('ATLAS_TOKEN', text);
    const shown = await token();
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    const lines = shown.stdout.trimEnd().split('\n');
    const end = new Date(CLAIMS.exp * 1_000).toISOString();
    expect(lines).toEqual([
      `registry  ${guarded.url} (acme/its environment)`,
      'token     ATLAS_TOKEN',
      'kind      a JWT; what it says of itself:',
      `issuer    ${CLAIMS.iss}`,
      `who       ${CLAIMS.sub}`,
      'for       tenant acme, environments dev prod',
      'allows    datasets:read jobs:write',
      `ends      ${end}, in 60 min`,
      'accepted  yes',
    ]);
    const { stdout } = await token('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      token_from: 'ATLAS_TOKEN',
      accepted: 'yes',
      kind: 'jwt',
      subject: CLAIMS.sub,
      scopes: ['datasets:read', 'jobs:write'],
      expires_at: end,
    });
    for (const part of text.split('.')) expect(shown.stdout + stdout).not.toContain(part);
  });

  it('knows the holder of a token that may not read, and of one for another tenant', async () => {
    vi.stubEnv('ATLAS_TOKEN', await tokenOf({ scope: 'jobs:read' }));
    expect(await token()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/accepted {2}yes: .*datasets:read/),
    });
    expect((await token('--tenant', 'other')).stdout).toMatch(
      /accepted {2}yes: but not for this tenant/,
    );
  });

  it('says why a token is not taken, and shows what it says all the same', async () => {
    vi.stubEnv('ATLAS_TOKEN', await tokenOf({ exp: NOW_SECONDS - 7_200 }));
    const old = await token();
    expect(old.code).toBe(1);
    expect(old.stdout).toMatch(/ends {6}\S+Z, 2 h ago\naccepted {2}no: .*it has expired/);
    vi.stubEnv('ATLAS_TOKEN', 'neither.one');
    expect(await token()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/kind {6}it cannot be read here\naccepted {2}no: /),
    });
    vi.stubEnv('ATLAS_TOKEN', '');
    expect(await token()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/token {5}none: see .*\naccepted {2}no: /),
    });
  });

  it('says of an API key its id, and what it allows to whoever may know', async () => {
    const issue = async (scope: string): Promise<string> => {
      vi.stubEnv('ATLAS_TOKEN', BOOTSTRAP);
      const args = ['key', 'create', '--url', guarded.url, '--tenant', CLAIMS.tenant];
      const made = await runCommandLine([...args, '--name', 'ci', '--scope', scope]);
      return made.stdout.trim();
    };
    const key = await issue('datasets:read');
    vi.stubEnv('ATLAS_TOKEN', key);
    const [, id = '', secret = ''] = key.split('_');
    const plain = await token();
    expect(plain.stdout).toMatch(new RegExp(`kind {6}the API key ${id}\naccepted {2}yes\n$`));
    expect(plain.stdout).not.toContain(secret);
    vi.stubEnv('ATLAS_TOKEN', await issue('registry:admin'));
    expect((await token()).stdout).toMatch(
      /who {7}ci\nallows {4}registry:admin\nends {6}\S+, in 90 d\naccepted {2}yes\n$/,
    );
  });

  it('is asked for its own tenant and environment by every command that names none', async () => {
    const text = await tokenOf({
      scope: 'datasets:read datasets:write contracts:read contracts:write jobs:read',
      environments: ['prod'],
    });
    vi.stubEnv('ATLAS_TOKEN', text);
    const at = async (line: string): Promise<Ended> =>
      await runCommandLine([...line.split(' '), '--url', guarded.url], { stdin: '{}' });
    for (const line of [
      'dataset register own/scope --fingerprint v1',
      'dataset list',
      'contract publish own.scope --schema -',
      'contract versions own.scope',
      'contract versions own.scope --tenant acme',
      'contract versions own.scope --environment prod',
      'job list',
    ])
      expect((await at(line)).code, line).toBe(0);
    const named = await at('dataset get own/scope --tenant acme --environment prod');
    expect(named.stdout).toContain('own/scope');
    expect((await at('contract versions own.scope --tenant acme --environment prod')).code).toBe(0);
    expect((await at('token')).stdout).toMatch(/^registry {2}\S+\n.*\n.*\n[^]*accepted {2}yes\n$/);
    expect((await at('dataset list --tenant default --environment dev')).code).toBe(1);
  });

  it('says that a registry asks nobody, and ends with 3 where none answers', async () => {
    await using open = await startTestRegistry();
    vi.stubEnv('ATLAS_TOKEN', await tokenOf());
    expect(await token('--url', open.api.url)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/accepted {2}it asks nobody who they are\n$/),
    });
    expect((await token('--url', await nobody())).code).toBe(3);
  });

  it('shows no control character of what a token says', async () => {
    vi.stubEnv('ATLAS_TOKEN', await tokenOf({ sub: 'a\u001b[2Jb\nc' }));
    const { stdout } = await token();
    expect(stdout).toContain('who       a\\u001b[2Jb\\u000ac\n');
  });
});
