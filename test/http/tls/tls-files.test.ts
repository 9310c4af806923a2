import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTlsFiles } from '#http/tls/tls-files';
import {
  type IssuedCertificate,
  type TestAuthority,
  testAuthority,
} from '#test/support/certificates';
import { type TempFolder, tempFolder } from '#test/support/temp';

let folder: TempFolder;
let authority: TestAuthority;
let good: IssuedCertificate;
beforeAll(() => {
  folder = tempFolder();
  authority = testAuthority(folder.path);
  good = authority.issue('good');
});
afterAll(() => folder[Symbol.dispose]());

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

async function read(paths: { cert?: string; key?: string; clientCa?: string }, nowMs = Date.now()) {
  const { cert = good.certPath, key = good.keyPath, clientCa } = paths;
  return await readTlsFiles({ cert, key, clientCa }, nowMs);
}

describe('readTlsFiles()', () => {
  it('takes a chain with its key, and the authorities of clients', async () => {
    const between = authority.intermediate('between');
    const leaf = between.issue('leaf');
    const cert = file('chain.pem', `a comment\n${leaf.cert}${between.ca}`);
    const one = await read({ cert, key: leaf.keyPath, clientCa: authority.caPath });
    expect(one.context).toMatchObject({ ca: authority.ca, minVersion: 'TLSv1.2' });
    expect(one.validToMs).toBeGreaterThan(Date.now());
    expect((await read({ cert, key: leaf.keyPath })).digest).not.toBe(one.digest);
  });

  it('takes certificate and key from one file', async () => {
    const both = file('both.pem', good.key + good.cert);
    expect(await read({ cert: both, key: both })).toMatchObject({ digest: expect.any(String) });
  });

  const half = (text: string): string => text.slice(0, Math.floor(text.length * 0.6));
  it.each<[string, () => { cert?: string; key?: string; clientCa?: string }, RegExp]>([
    [
      'no certificate',
      () => ({ cert: '/nowhere' }),
      /^Cannot use ATLAS_TLS_CERT="\/nowhere": it cannot be read, ENOENT/,
    ],
    [
      'a folder',
      () => ({ key: folder.path }),
      /^Cannot use ATLAS_TLS_KEY=.*: it cannot be read, EISDIR/,
    ],
    [
      'an empty file',
      () => ({ cert: file('empty', '') }),
      /ATLAS_TLS_CERT=.*holds no whole certificate/,
    ],
    ['half a certificate', () => ({ cert: file('half', half(good.cert)) }), /ends in the middle/],
    [
      'half a chain',
      () => ({ cert: file('cut', good.cert + half(authority.ca)) }),
      /ends in the middle/,
    ],
    [
      'half a key',
      () => ({ key: file('half.key', half(good.key)) }),
      /ATLAS_TLS_KEY=.*it holds no private key/,
    ],
    [
      'a key where a certificate should be',
      () => ({ cert: good.keyPath }),
      /it holds no certificate/,
    ],
    [
      'bytes that are no certificate',
      () => ({ cert: file('junk', good.cert.replaceAll(/^M.{20}/gm, 'A'.repeat(21))) }),
      /one of its certificates cannot be read/,
    ],
    [
      "another's key",
      () => ({ key: authority.issue('other').keyPath }),
      /ATLAS_TLS_KEY=.*it is not the key of ATLAS_TLS_CERT=/,
    ],
    [
      'half the authorities',
      () => ({ clientCa: file('half.ca', half(authority.ca)) }),
      /ATLAS_TLS_CLIENT_CA=.*ends in the middle/,
    ],
    [
      'no authorities',
      () => ({ clientCa: '/nowhere' }),
      /ATLAS_TLS_CLIENT_CA="\/nowhere": it cannot be read/,
    ],
  ])('refuses %s, and says which setting and what it wants', async (_what, paths, message) => {
    const refused = read(paths());
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(/\(want [^()]+\)$/),
    });
  });

  it('shows nothing of a key that it refuses', async () => {
    const key = file('broken.key', good.key.replace('PRIVATE KEY-----\n', 'PRIVATE KEY-----\nzz'));
    const error: Error = await read({ key }).then(
      () => new Error('taken'),
      (e: Error) => e,
    );
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain(
      good.key.slice(40, 60),
    );
    expect(error.message).toMatch(/it holds no private key/);
  });

  it('refuses what has expired and what is not valid yet, anywhere in the chain', async () => {
    const { certPath: cert, keyPath: key } = authority.issue('old', { expired: true });
    await expect(read({ cert, key })).rejects.toThrow(/a certificate in it has expired on /);
    const inThreeDays = Date.now() + 3 * 86_400_000;
    await expect(read({}, inThreeDays)).rejects.toThrow(/has expired on/);
    const yesterday = Date.now() - 86_400_000;
    await expect(read({}, yesterday)).rejects.toThrow(/is not valid before/);
  });
});
