import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAuthority, testAuthority } from '#test/support/certificates';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { runCommand } from '#test/support/run-command';
import { type TempFolder, tempFolder } from '#test/support/temp';

const BOOTSTRAP = randomBytes(32).toString('hex');

let folder: TempFolder;
let authority: TestAuthority;
let registry: RegistryProcess;
let url: string;
beforeAll(async () => {
  folder = tempFolder();
  authority = testAuthority(folder.path);
  const server = authority.issue('server');
  const bootstrap = join(folder.path, 'bootstrap');
  writeFileSync(bootstrap, BOOTSTRAP);
  registry = startProcess(join(folder.path, 'data'), {
    ATLAS_TLS_CERT: server.certPath,
    ATLAS_TLS_KEY: server.keyPath,
    ATLAS_TLS_CLIENT_CA: authority.caPath,
    ATLAS_AUTH: 'keys',
    ATLAS_BOOTSTRAP_KEY_FILE: bootstrap,
  });
  ({ url } = await registry.ready());
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Types a line in a shell where only the profiles are there. */
async function typed(
  line: readonly string[],
  { env = {}, stdin = '' }: { readonly env?: Record<string, string>; readonly stdin?: string } = {},
): Promise<{ readonly code: unknown; readonly text: string }> {
  const run = runCommand(line, { XDG_CONFIG_HOME: join(folder.path, 'config'), ...env });
  run.child.stdin?.end(stdin);
  return { code: await run.exit, text: run.text() };
}

describe('a registry elsewhere, over TLS, that asks for certificates and keys', () => {
  it('is worked with by a profile alone, from the first key to a published dataset', async () => {
    const client = authority.issue('client');
    const tls = ['--ca', authority.caPath, '--client-cert', client.certPath];
    const known = [...tls, '--client-key', client.keyPath];
    const made = await typed(['profile', 'set', 'lab', '--url', url, ...known, '--use']);
    expect(made).toEqual({ code: 0, text: `Profile lab made: ${url}\n` });
    const nameless = await typed(['dataset', 'list']);
    expect(nameless).toMatchObject({ code: 1, text: expect.stringContaining('profile') });
    const reads = ['datasets:read', 'contracts:read', 'jobs:read'];
    const scopes = [...reads, 'datasets:write', 'datasets:publish'];
    const create = ['key', 'create', '--name', 'me', ...scopes.flatMap((one) => ['--scope', one])];
    const issued = await typed([...create, '--json'], { env: { ATLAS_TOKEN: BOOTSTRAP } });
    expect(issued.code).toBe(0);
    const { key } = JSON.parse(issued.text) as { key: string };
    const kept = await typed(['profile', 'set', 'lab', '--token-stdin'], { stdin: `${key}\n` });
    expect(kept.code).toBe(0);
    expect((await typed(['token'])).text).toMatch(/profile {3}lab\n[^]*accepted {2}yes\n$/);
    mkdirSync(join(folder.path, 'files'));
    const file = join(folder.path, 'files', 'genes.tsv');
    writeFileSync(file, 'gene_id\tname\n');
    const register = ['dataset', 'register', 'demo/genes', '--fingerprint', 'v1', '--file', file];
    expect((await typed(register)).code).toBe(0);
    const published = await typed(['dataset', 'publish', 'demo/genes', '--file', file]);
    expect(published).toMatchObject({ code: 0, text: expect.stringContaining('published') });
    const watch = ['events', 'watch', '--from', '1', '--subject', 'demo/', '--count', '2'];
    const watched = await typed([...watch, '--json']);
    expect(watched.code).toBe(0);
    const types = watched.text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['DatasetRegistered', 'DatasetPublished']);
  });

  it('says what is missing where its authority is not known, or no certificate is shown', async () => {
    const unknown = await typed(['dataset', 'list', '--url', url]);
    expect(unknown).toMatchObject({ code: 3, text: expect.stringContaining('unknown authority') });
    await typed(['profile', 'set', 'bare', '--url', url, '--ca', authority.caPath]);
    const bare = await typed(['dataset', 'list', '--profile', 'bare']);
    expect(bare.code).toBe(3);
    await typed(['profile', 'set', 'half', '--url', url, '--client-cert', '/nowhere']);
    const half = await typed(['dataset', 'list', '--profile', 'half']);
    expect(half.text).toMatch(
      /^Cannot use client_cert and client_key of profile "half": one is not set \(want both\)\n$/,
    );
  });
});
