import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type IssuedCertificate,
  type TestAuthority,
  testAuthority,
} from '#test/support/certificates';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { type Ended, startPair } from '#test/support/registry-pair';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { shownBy } from '#test/support/tls-bed';
import { eventually } from '#test/support/wait';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

let folder: TempFolder;
let authority: TestAuthority;
let server: IssuedCertificate;
let client: IssuedCertificate;
let registry: RegistryProcess;
let url: string;

beforeAll(async () => {
  folder = tempFolder();
  authority = testAuthority(folder.path);
  [server, client] = [authority.issue('server'), authority.issue('client')];
  const env = {
    ATLAS_TLS_CERT: server.certPath,
    ATLAS_TLS_KEY: server.keyPath,
    ATLAS_TLS_CLIENT_CA: authority.caPath,
    ATLAS_TLS_RELOAD_MS: '3600000',
  };
  // It does not trust itself: its examples cannot be loaded, and it serves all the same.
  registry = startProcess(join(folder.path, 'data'), env, ['--examples']);
  ({ url } = await registry.ready());
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Runs `atlas-registry` as a user does, with nothing but these settings. */
async function atlas(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
  const ended = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += String(chunk);
  });
  child.stdin.end('{"type":"object"}');
  return await new Promise((resolve) => child.on('close', (code) => resolve({ code, ...ended })));
}

function trusted(): Record<string, string> {
  return { NODE_EXTRA_CA_CERTS: authority.caPath };
}

function known(): Record<string, string> {
  const { certPath: ATLAS_CLIENT_CERT, keyPath: ATLAS_CLIENT_KEY } = client;
  return { ...trusted(), ATLAS_CLIENT_CERT, ATLAS_CLIENT_KEY };
}

describe('atlas-registry over TLS', () => {
  it('says at its start where it is, with https, and why its examples are not there', () => {
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(registry.stdout()).toMatch(
      /Examples are not loaded: the certificate of the registry is of an unknown authority \(want NODE_EXTRA_CA_CERTS/,
    );
  });

  it('publishes contracts where its authority is trusted and its client certificate is shown', async () => {
    const args = ['contract', 'publish', 'a.b', '--schema', '-', '--url', url];
    const refused = async (env: Record<string, string>): Promise<string> => {
      const { code, stdout, stderr } = await atlas(args, env);
      expect(code).toBe(3);
      return stdout + stderr;
    };
    expect(await refused({})).toMatch(/of an unknown authority \(want NODE_EXTRA_CA_CERTS/);
    expect(await refused(trusted())).toMatch(/the registry does not answer/);
    const half = await atlas(args, { ...trusted(), ATLAS_CLIENT_CERT: client.certPath });
    expect(half.code).toBe(2);
    expect(half.stdout + half.stderr).toMatch(
      /Cannot use ATLAS_CLIENT_CERT and ATLAS_CLIENT_KEY: one is not set/,
    );
    expect(await atlas(args, known())).toMatchObject({ code: 0, stderr: '' });
  });

  it('brings datasets with their artifacts', async () => {
    await using pair = await startPair();
    const { tenant, store } = await pair.exported();
    const args = ['catalog', 'import', store, '--url', url, '--tenant', tenant, '--json'];
    const { code, stdout, stderr } = await atlas(args, known());
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ datasets: 6, artifacts_uploaded: 4 });
    expect(JSON.parse((await atlas(args, known())).stdout)).toMatchObject({ there_already: 6 });
  });

  it('takes renewed certificates on SIGHUP and goes on', async () => {
    const renewed = authority.issue('renewed');
    writeFileSync(server.certPath, renewed.cert);
    writeFileSync(server.keyPath, renewed.key);
    registry.child.kill('SIGHUP');
    await eventually('the renewed certificate', async () => {
      const { subject } = await shownBy(url, { ca: authority.ca, ...client });
      return subject.CN === 'renewed';
    });
    expect(registry.child.exitCode).toBeNull();
  });
});
