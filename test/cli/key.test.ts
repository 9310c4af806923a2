import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '#flow/new-id';
import { type Ended, runCommandLine } from '#test/cli/contract-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';

const BOOTSTRAP = randomBytes(32).toString('hex');
let registry: TestRegistry;
let files: TempFolder;
let tenant: string;

beforeAll(async () => {
  files = tempFolder();
  const path = join(files.path, 'bootstrap');
  writeFileSync(path, BOOTSTRAP);
  registry = await startTestRegistry({ ATLAS_AUTH: 'keys', ATLAS_BOOTSTRAP_KEY_FILE: path });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});
beforeEach(() => {
  tenant = `t${newId()}`;
  vi.stubEnv('ATLAS_TOKEN', BOOTSTRAP);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function key(verb: string, ...args: readonly string[]): Promise<Ended> {
  const target = ['--url', registry.api.url, '--tenant', tenant];
  return await runCommandLine(['key', verb, ...target, ...args]);
}

describe('atlas-registry key', () => {
  it('creates a key that works, prints it alone on standard output, and lists it without', async () => {
    const made = await key('create', '--name', 'ci', '--scope', 'datasets:read', '--days', '7');
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^atlas_[a-z2-7]{16}_[\w-]{43}\n$/);
    expect(made.stderr).toMatch(
      /^[a-z2-7]{16} {2}active +until \d{4}-\d\d-\d\d {2}ci {2}datasets:read/,
    );
    const headers = { Authorization: `Bearer ${made.stdout.trim()}` };
    expect((await registry.api.get('/registry/datasets', headers)).status).toBe(200);
    const listed = await key('list');
    expect([listed.code, listed.stdout]).toEqual([0, made.stderr]);
    expect(listed.stdout).not.toContain(made.stdout.trim());
  });

  it('revokes a key by its id', async () => {
    const { stdout } = await key('create', '--name', 'a', '--scope', 'jobs:read', '--json');
    const { id, key: secret } = JSON.parse(stdout);
    const revoked = await key('revoke', id, '--reason', 'lost');
    expect(revoked).toMatchObject({ code: 0, stdout: expect.stringMatching(/revoked/) });
    const headers = { Authorization: `Bearer ${secret}` };
    expect((await registry.api.get('/registry/job-runs', headers)).status).toBe(401);
    const listed = JSON.parse((await key('list', '--json')).stdout);
    expect(listed.api_keys).toMatchObject([{ id, status: 'revoked' }]);
  });

  it('says what is wrong, and ends with the code that says whose fault it is', async () => {
    expect(await key('list')).toMatchObject({ code: 0, stdout: expect.stringMatching(/no keys/) });
    const wrong = await key('create', '--name', 'a', '--scope', 'everything');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/expected one of "datasets:read"/);
    expect((await key('create', '--name', 'a')).code).toBe(2);
    const days = ['--scope', 'jobs:read', '--days', '400'];
    expect((await key('create', '--name', 'a', ...days)).code).toBe(2);
    expect((await key('revoke', 'a'.repeat(16))).code).toBe(1);
    vi.stubEnv('ATLAS_TOKEN', '');
    expect(await key('list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no bearer/),
    });
  });
});
