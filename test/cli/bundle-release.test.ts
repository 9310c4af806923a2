import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetOf, RELEASE_FILE_NAMES } from '#cli/bundle/release-format';
import { newId } from '#flow/new-id';
import { runContract } from '#test/cli/contract-bed';
import { releaseBed } from '#test/cli/release-bed';

const bed = releaseBed();

describe('contract bundle release', () => {
  it('releases the latest approved version of every contract, and a consumer gets the same bytes', async () => {
    await bed.publish('orders.created', '1.0.0');
    await bed.publish('orders.created', '1.9.0');
    await bed.publish('orders.created', '1.10.0');
    await bed.publish('orders.created', '2.0.0', { stage: 'draft' });
    await bed.publish('orders.shipped', '1.0.0-rc.1');
    await bed.publish('orders.size', 'v1', {
      wit: 'package a:b;\ninterface c { f: func(); }\n',
      descriptor: { owner: 'x' },
    });
    const position = await bed.publish('zoo', 'v1', { stage: 'draft' });
    const out = join(bed.folder, newId());
    const git = ['--git-sha', 'abc', '--git-branch', 'main', '--description', 'nightly'];
    const released = await bed.release('--out', out, '--json', ...git);
    expect(released.code).toBe(0);
    const { status, manifest, alias } = JSON.parse(released.stdout);
    expect([status, alias]).toEqual(['released', 'moved']);
    expect(manifest).toMatchObject({
      contracts: 3,
      position,
      tenant: bed.tenant,
      environment: 'dev',
      git: { sha: 'abc', branch: 'main' },
      description: 'nightly',
      publicKeyId: bed.own.key.verifying.id,
    });
    const got = await bed.fetch();
    expect(got.code).toBe(0);
    const { metadata, folder: there, ...answer } = JSON.parse(got.stdout);
    expect(answer).toEqual({ status: 'loaded', alerts: [], usingFallback: false });
    expect(metadata).toMatchObject({ tag: manifest.tag, position, sha256: manifest.bundleSha256 });
    expect(there).toBe(join(bed.cache, `${bed.tenant}.dev`, manifest.tag));
    for (const name of RELEASE_FILE_NAMES)
      expect(readFileSync(join(there, name))).toEqual(readFileSync(join(out, name)));
    const { contracts } = JSON.parse(readFileSync(join(there, 'bundle.json'), 'utf8'));
    expect(Object.keys(contracts)).toEqual(['orders.created', 'orders.shipped', 'orders.size']);
    expect(contracts['orders.created']).toMatchObject({ version: '1.10.0' });
    expect(contracts['orders.shipped'].digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(contracts['orders.size']).toMatchObject({
      wit: [{ path: 'package.wit' }],
      descriptor: { owner: 'x' },
    });
    expect(readdirSync(bed.cache).toSorted()).toEqual(['names', `${bed.tenant}.dev`]);
  });

  it('releases nothing when the contracts are the same, also on another day', async () => {
    await bed.publish('a', 'v1');
    const first = JSON.parse((await bed.release('--json')).stdout);
    const before = await bed.head();
    const key = ['--key', bed.own.privatePath];
    const args = [
      'bundle',
      'release',
      '--url',
      bed.api.url,
      '--tenant',
      bed.tenant,
      ...key,
      '--json',
    ];
    const again = await runContract(args, { nowMs: Date.parse('2031-01-01') });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({
      status: 'already_released',
      manifest: { tag: first.manifest.tag },
    });
    expect((await bed.release()).stdout).toMatch(/^Already released: contracts-/);
    expect(await bed.head()).toBe(before);
  });

  it('signs the same contracts anew for another key, and consumers with the new key take it', async () => {
    await bed.publish('a', 'v1');
    await bed.release();
    const changed = JSON.parse(
      (await bed.release('--key', bed.other.privatePath, '--json')).stdout,
    );
    expect(changed).toMatchObject({ status: 'released', alias: 'moved' });
    expect((await bed.fetch()).code).toBe(1);
    const got = await bed.fetch('--public-key', bed.other.publicPath);
    expect(JSON.parse(got.stdout).status).toBe('loaded');
  });

  it('selects by prefix, and releases an empty scope as an empty bundle', async () => {
    const empty = JSON.parse((await bed.release('--json')).stdout);
    expect(empty.manifest.contracts).toBe(0);
    await bed.publish('a.one', 'v1');
    await bed.publish('b.two', 'v1');
    const one = JSON.parse(
      (await bed.release('--select', 'a.', '--alias', 'part', '--json')).stdout,
    );
    expect(one.manifest).toMatchObject({ contracts: 1, select: 'a.' });
    const [all, part] = [await bed.fetch(), await bed.fetch('--alias', 'part')];
    expect(JSON.parse(all.stdout).metadata.tag).toBe(empty.manifest.tag);
    expect(JSON.parse(part.stdout).metadata.tag).toBe(one.manifest.tag);
  });

  it('goes on where it was cut off: the tag is there, the alias is not', async () => {
    await bed.publish('a', 'v1');
    const first = JSON.parse((await bed.release('--alias', 'elsewhere', '--json')).stdout);
    const second = JSON.parse((await bed.release('--json')).stdout);
    expect(second.manifest.tag).toBe(first.manifest.tag);
    expect(JSON.parse((await bed.fetch()).stdout).metadata.tag).toBe(first.manifest.tag);
  });

  it('refuses a tag that another bundle has, and leaves the alias', async () => {
    await bed.publish('a', 'v1');
    const { manifest } = JSON.parse((await bed.release('--alias', 'elsewhere', '--json')).stdout);
    const stranger = { key: 'bundle.json', sha256: 'f'.repeat(64), bytes: 1 };
    const changed = await bed.api.post(`${bed.scope}/registry/datasets`, {
      name: datasetOf(manifest.tag),
      schema_fingerprint: 'contract-bundle-1',
      objects: [stranger],
    });
    expect(changed.status).toBe(200);
    const { code, stderr } = await bed.release();
    expect([code, stderr]).toEqual([1, expect.stringContaining('another bundle has this tag')]);
    expect((await bed.fetch()).code).toBe(1);
  });
});
