import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetOf, RELEASE_FILE_NAMES, sha256Hex } from '#cli/bundle/release-format';
import { newId } from '#flow/new-id';
import { runContract } from '#test/cli/contract-bed';
import { releaseBed } from '#test/cli/release-bed';

const bed = releaseBed();

describe('contract bundle fetch from a registry that somebody has written to', () => {
  async function tampered(
    change: (objects: { bytes: number; sha256: string; key: string }[]) => unknown,
  ) {
    await bed.publish(`a${newId()}`, 'v1');
    const { manifest } = JSON.parse((await bed.release('--json')).stdout);
    const path = `${bed.scope}/registry/datasets/${encodeURIComponent(datasetOf('contracts-latest'))}`;
    const { objects } = (await bed.api.get(path)).json;
    const changed = await bed.api.post(`${bed.scope}/registry/datasets`, {
      name: datasetOf('contracts-latest'),
      schema_fingerprint: 'contract-bundle-1',
      objects: change(objects),
    });
    expect(changed.status).toBe(200);
    return manifest;
  }

  async function upload(text: string) {
    const sha256 = sha256Hex(text);
    await bed.api.send(`${bed.scope}/registry/artifacts/${sha256}`, {
      method: 'PUT',
      raw: text,
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    return { sha256, bytes: Buffer.byteLength(text) };
  }

  async function expectRefusal(want: RegExp): Promise<void> {
    const { code, stdout } = await bed.fetch();
    const { status, metadata, alerts, usingFallback } = JSON.parse(stdout);
    expect([code, status, metadata, usingFallback]).toEqual([
      1,
      'verification_failed',
      null,
      false,
    ]);
    expect(alerts[0].message).toMatch(want);
    expect(() => readdirSync(bed.cache)).toThrow('ENOENT');
  }

  it.each(RELEASE_FILE_NAMES)('refuses another %s and writes nothing', async (name) => {
    const stranger = await upload(`not ${name}`);
    await tampered((objects) =>
      objects.map((one) => (one.key === name ? { ...one, ...stranger } : one)),
    );
    await expectRefusal(/is refused: /);
  });

  it('refuses a file that is missing, or over its limit, or not in the store', async () => {
    await tampered((objects) => objects.filter(({ key }) => key !== 'manifest.sig'));
    await expectRefusal(/there is no manifest\.sig/);
    const bytes = 64 * 1_024 * 1_024 + 1;
    await tampered((objects) =>
      objects.map((one) => (one.key === 'bundle.json' ? { ...one, bytes } : one)),
    );
    await expectRefusal(/bundle\.json has 67108865 bytes \(want at most 67108864\)/);
    const sha256 = 'e'.repeat(64);
    await tampered((objects) =>
      objects.map((one) => (one.key === 'bundle.json' ? { ...one, sha256 } : one)),
    );
    await expectRefusal(/bundle\.json is not in the store/);
  });

  it('refuses an alias that was turned back to an older release, and says how to pin one', async () => {
    await bed.publish('a', 'v1');
    const old = JSON.parse((await bed.release('--json')).stdout).manifest;
    const path = `${bed.scope}/registry/datasets/${encodeURIComponent(datasetOf('contracts-latest'))}`;
    const { objects } = (await bed.api.get(path)).json;
    await bed.publish('b', 'v1');
    await bed.release();
    const newest = JSON.parse((await bed.fetch()).stdout).metadata;
    await bed.api.post(`${bed.scope}/registry/datasets`, {
      name: datasetOf('contracts-latest'),
      schema_fingerprint: 'contract-bundle-1',
      objects,
    });
    const turned = await bed.fetch();
    expect([turned.code, JSON.parse(turned.stdout).status]).toEqual([1, 'verification_failed']);
    expect(turned.stdout).toContain('--fallback-tag');
    const pinned = await bed.fetch('--tag', old.tag);
    expect(JSON.parse(pinned.stdout)).toMatchObject({
      status: 'loaded',
      metadata: { tag: old.tag },
    });
    const fallback = await bed.fetch('--fallback-tag', newest.tag);
    expect([fallback.code, JSON.parse(fallback.stdout)]).toEqual([
      0,
      expect.objectContaining({ status: 'using_fallback', usingFallback: true }),
    ]);
  });

  it('says that nothing was released: not_loaded', async () => {
    const { code, stdout } = await bed.fetch();
    expect([code, JSON.parse(stdout).status]).toEqual([1, 'not_loaded']);
    const tag = await bed.fetch('--tag', 'contracts-20260101-00000000');
    expect([tag.code, JSON.parse(tag.stdout).status]).toEqual([1, 'not_loaded']);
  });

  it('is told by status what is cached', async () => {
    await bed.publish('a', 'v1');
    const { manifest } = JSON.parse((await bed.release('--json')).stdout);
    await bed.fetch();
    const status = async (...rest: readonly string[]) =>
      runContract(['bundle', 'status', '--cache', bed.cache, ...rest]);
    const words = await status();
    expect(words.code).toBe(0);
    expect(words.stdout).toMatch(/^NAME +SCOPE +TAG +POSITION +AGE +STATE$/m);
    expect(words.stdout).toMatch(
      new RegExp(`^contracts-latest +${bed.tenant}/dev +${manifest.tag} `, 'm'),
    );
    const verified = await status('--public-key', bed.other.publicPath, '--json');
    expect([verified.code, JSON.parse(verified.stdout).status]).toEqual([1, 'verification_failed']);
    writeFileSync(join(bed.cache, `${bed.tenant}.dev`, manifest.tag, 'bundle.json'), '{}');
    expect((await status()).code).toBe(1);
    expect((await status('--cache', join(bed.cache, 'none'))).code).toBe(1);
  });
});
