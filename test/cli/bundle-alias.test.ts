import { describe, expect, it } from 'vitest';
import { type AliasOutcome, moveAlias, readAlias } from '#cli/bundle/move-alias';
import { uploadFiles } from '#cli/bundle/release-store';
import { RegistryClient } from '#cli/remote/registry-client';
import { smallRelease } from '#test/cli/bundle-bed';
import { releaseBed } from '#test/cli/release-bed';
import { forSeeds } from '#test/support/seed';

const bed = releaseBed();

describe('moveAlias()', () => {
  it('ends at the newest release, whatever the order in which releasers come', async () => {
    for (let i = 0; i < 8; i += 1) await bed.publish(`a${i}`, 'v1');
    // A position that the log has not reached is not believed.
    expect(await bed.head()).toBeGreaterThanOrEqual(8);
    await forSeeds(4, async (random) => {
      const client = new RegistryClient(`${bed.api.url}${bed.scope}`);
      const alias = `race-${random.seed}`;
      const options = { client, alias, key: bed.own.key, signal: new AbortController().signal };
      const releases = Array.from({ length: 8 }, (_, i) => {
        return smallRelease(bed.own.key, { position: i + 1 }, `release ${i}`);
      });
      const shuffled = releases.toSorted(() => random.next() - 0.5);
      const outcomes = await Promise.all(
        shuffled.map(async (one): Promise<AliasOutcome> => {
          await uploadFiles(client, one);
          return await moveAlias(one, options);
        }),
      );
      expect((await readAlias(options))?.manifest?.position).toBe(8);
      expect(outcomes.filter(({ kind }) => kind === 'moved').length).toBeGreaterThan(0);
    });
  });

  it('does not believe a position that the log has not reached, nor a release of another key', async () => {
    await bed.publish('a', 'v1');
    await bed.publish('b', 'v1');
    const client = new RegistryClient(`${bed.api.url}${bed.scope}`);
    const signal = new AbortController().signal;
    const options = { client, alias: 'forged', key: bed.own.key, signal };
    const future = smallRelease(bed.own.key, { position: 999_999 }, 'future');
    await uploadFiles(client, future);
    expect(await moveAlias(future, options)).toEqual({ kind: 'moved', before: undefined });
    const real = smallRelease(bed.own.key, { position: 1 }, 'real');
    await uploadFiles(client, real);
    expect(await moveAlias(real, options)).toMatchObject({ kind: 'moved' });
    const foreign = smallRelease(bed.other.key, { position: 2 }, 'foreign');
    await uploadFiles(client, foreign);
    expect(await moveAlias(foreign, { ...options, key: bed.other.key })).toMatchObject({
      kind: 'moved',
    });
    expect(await moveAlias(real, options)).toMatchObject({ kind: 'moved', before: undefined });
  });
});
