import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBundle } from '#cli/bundle/build-release';
import { writeReleaseFolder } from '#cli/bundle/bundle-cache';
import {
  RELEASE_FILE_NAMES,
  type ReleaseFileName,
  type ReleaseFiles,
  sha256Hex,
} from '#cli/bundle/release-format';
import { readSigningKey, type SigningKey, signBytes } from '#cli/bundle/signing-key';
import { verifyRelease } from '#cli/bundle/verify-release';
import { canonicalJson } from '#domain/canonical-json';
import { newId } from '#flow/new-id';
import { FACTS, type KeyFiles, keyFiles, smallRelease } from '#test/cli/bundle-bed';
import { runContract } from '#test/cli/contract-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

let folder: TempFolder;
let own: KeyFiles;
let other: KeyFiles;
beforeAll(async () => {
  folder = tempFolder();
  own = await keyFiles(folder.path, 'own');
  other = await keyFiles(folder.path, 'other');
});
afterAll(() => folder[Symbol.dispose]());

function reasonOf(files: ReleaseFiles, key: SigningKey = own.key): string {
  const verdict = verifyRelease(files, [key.verifying]);
  return verdict.kind === 'refused' ? verdict.reason : 'verified';
}

function replaced(files: ReleaseFiles, name: ReleaseFileName, bytes: Uint8Array): ReleaseFiles {
  return { ...files, [name]: bytes };
}

/** A release whose manifest says otherwise, signed all the same: what a thief of the key could do. */
function signed(changes: object): ReleaseFiles {
  const { files, manifest } = smallRelease(own.key);
  const bytes = Buffer.from(canonicalJson({ ...manifest, ...changes }));
  return {
    ...files,
    'manifest.json': bytes,
    'manifest.sig': Buffer.from(signBytes(bytes, own.key)),
  };
}

describe('verifyRelease()', () => {
  it('verifies what was built, and the same contracts give the same bytes in any order', () => {
    const { files, manifest } = smallRelease(own.key);
    expect(reasonOf(files)).toBe('verified');
    expect(manifest.tag).toBe(`contracts-20260203-${manifest.bundleSha256.slice(0, 8)}`);
    const digest = `sha256:${'b'.repeat(64)}`;
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }), (names) => {
        const entries = names.map((name) => [name, { version: 'v1', digest }] as const);
        const one = buildBundle(new Map(entries), canonicalJson);
        const two = buildBundle(new Map(entries.toReversed()), canonicalJson);
        expect(one.sha256).toBe(two.sha256);
      }),
    );
  });

  it.each(RELEASE_FILE_NAMES)('finds every single flipped bit of %s', (name) => {
    const { files } = smallRelease(own.key);
    const found: string[] = [];
    for (let at = 0; at < files[name].length * 8; at += 1) {
      const bytes = Uint8Array.from(files[name]);
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
      if (reasonOf(replaced(files, name, bytes)) === 'verified') found.push(`bit ${at}`);
    }
    expect(found).toEqual([]);
  });

  it.each(RELEASE_FILE_NAMES)('finds a byte that %s has too many or too few', (name) => {
    const { files } = smallRelease(own.key);
    const bytes = files[name];
    for (const wrong of [
      Buffer.concat([bytes, Buffer.from('\n')]),
      bytes.subarray(1),
      new Uint8Array(),
    ])
      expect(reasonOf(replaced(files, name, wrong))).not.toBe('verified');
  });

  it('refuses a signature of another key, and takes either key while they are changed', () => {
    const { files } = smallRelease(own.key);
    expect(reasonOf(files, other.key)).toMatch(/made by none of the public keys/);
    const keys = [other.key.verifying, own.key.verifying];
    expect(verifyRelease(files, keys).kind).toBe('verified');
    expect(verifyRelease(files, []).kind).toBe('refused');
  });

  it.each([
    [{ tag: '../../etc/passwd' }, /manifest\.json does not fit at "tag"/],
    [{ tag: 'contracts-20260203-00000000/..' }, /at "tag"/],
    [{ tag: 'contracts-20260203-00000000' }, /has tag contracts-20260203-00000000 \(want/],
    [{ createdAt: '2026-02-04T00:00:00.000Z' }, /has tag/],
    [{ bundle: '../bundle.json' }, /at "bundle"/],
    [{ bundle: '/etc/passwd' }, /at "bundle"/],
    [{ bundleSha256: 'f'.repeat(64) }, /has tag/],
    [{ contracts: 3 }, /holds 2 contracts \(want 3\)/],
    [{ publicKeyId: 'ed25519:0' }, /names key "ed25519:0"/],
    [{ position: -1 }, /at "position"/],
    [{ version: '2.0.0' }, /at "version"/],
  ])('refuses a signed manifest that says %j', (changes, want) => {
    expect(reasonOf(signed(changes))).toMatch(want);
  });

  it('refuses a good release of another scope or another tag than was asked for', () => {
    const { files, manifest } = smallRelease(own.key);
    const ask = (expected: object) => verifyRelease(files, [own.key.verifying], expected).kind;
    expect(ask({ tenant: 'default', environment: 'dev', tag: manifest.tag })).toBe('verified');
    expect(ask({ tenant: 'acme' })).toBe('refused');
    expect(ask({ environment: 'prod' })).toBe('refused');
    expect(ask({ tag: 'contracts-20260203-00000000' })).toBe('refused');
  });

  it('refuses files over their limits before it reads them', () => {
    const { files } = smallRelease(own.key);
    const large = Buffer.alloc(64 * 1_024 + 1, 32);
    expect(reasonOf(replaced(files, 'manifest.json', large))).toMatch(/has 65537 bytes/);
    const bundle = Buffer.alloc(64 * 1_024 * 1_024 + 1);
    expect(reasonOf(replaced(files, 'bundle.json', bundle))).toMatch(/has 67108865 bytes/);
  });

  it('refuses a bundle that its signed manifest names but that is none', () => {
    for (const text of [
      '[]',
      '{"version":"1.0.0"}',
      '{"version":"2.0.0","contracts":{}}',
      '\ufeff{}',
    ]) {
      const bytes = Buffer.from(text);
      const bundleSha256 = sha256Hex(bytes);
      const tag = `contracts-20260203-${bundleSha256.slice(0, 8)}`;
      const files = {
        ...signed({ bundleSha256, tag, contracts: 0 }),
        'bundle.json': bytes,
        'bundle.sha256': Buffer.from(`${bundleSha256}  bundle.json\n`),
      };
      expect(reasonOf(files)).toMatch(/^bundle\.json does not fit/);
    }
  });
});

describe('contract bundle verify', () => {
  async function verify(path: string, ...rest: readonly string[]) {
    return await runContract(['bundle', 'verify', path, '--public-key', own.publicPath, ...rest]);
  }

  async function written(): Promise<string> {
    const path = join(folder.path, newId());
    await writeReleaseFolder(path, smallRelease(own.key).files);
    return path;
  }

  it('exits with 0 for a whole release, with 1 for a changed one, with 2 for none', async () => {
    const path = await written();
    const good = await verify(path, '--json');
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({
      status: 'loaded',
      metadata: { position: FACTS.position, createdAt: FACTS.createdAt },
      alerts: [],
      usingFallback: false,
    });
    writeFileSync(join(path, 'bundle.json'), '{}');
    const bad = await verify(path, '--json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      status: 'verification_failed',
      metadata: null,
      alerts: [{ severity: 'critical' }],
    });
    expect((await verify(join(folder.path, 'none'))).code).toBe(2);
  });

  it('follows no link out of the folder', async () => {
    const path = await written();
    const elsewhere = join(folder.path, newId());
    writeFileSync(elsewhere, readFileSync(join(path, 'bundle.json')));
    unlinkSync(join(path, 'bundle.json'));
    symlinkSync(elsewhere, join(path, 'bundle.json'));
    expect((await verify(path)).code).toBe(2);
  });

  it('takes no key of another kind, and no private key in the place of a public one', async () => {
    const path = await written();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const rsaPath = join(folder.path, 'rsa.pem');
    writeFileSync(rsaPath, rsa.publicKey.export({ type: 'spki', format: 'pem' }));
    for (const wrong of [rsaPath, own.privatePath, join(folder.path, 'none.pem')]) {
      const run = ['bundle', 'verify', path, '--public-key', wrong];
      const { code, stderr, stdout } = await runContract(run);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^Cannot read key/);
      expect(stderr).not.toContain('PRIVATE KEY-');
    }
  });
});

describe('contract bundle key', () => {
  it('makes a pair that signs and verifies, the private half for its owner alone', async () => {
    const path = join(folder.path, newId(), 'k.pem');
    mkdirSync(join(path, '..'));
    const { code, stdout } = await runContract(['bundle', 'key', path, '--json']);
    expect(code).toBe(0);
    const { publicKeyId, publicKey } = JSON.parse(stdout);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { files, manifest } = smallRelease(await readSigningKey(path));
    expect(manifest.publicKeyId).toBe(publicKeyId);
    const release = join(folder.path, newId());
    await writeReleaseFolder(release, files);
    const run = ['bundle', 'verify', release, '--public-key', publicKey];
    expect((await runContract(run)).code).toBe(0);
  });

  it('overwrites no key: neither half', async () => {
    const path = join(folder.path, `${newId()}.pem`);
    await runContract(['bundle', 'key', path]);
    const before = readFileSync(path, 'utf8');
    expect((await runContract(['bundle', 'key', path])).code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(before);
    unlinkSync(path);
    // Its public half is there still: a new private key would not belong to it.
    expect((await runContract(['bundle', 'key', path])).code).toBe(2);
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});
