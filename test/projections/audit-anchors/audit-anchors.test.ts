import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { toPosition } from '#domain/position';
import { decodeAnchor, encodeAnchor, extendDigest } from '#projections/audit-anchors/anchor';
import type { AnchorStore } from '#projections/audit-anchors/anchor-store';
import { loadAnchors } from '#projections/audit-anchors/load-anchors';
import {
  ANCHOR_PLACES,
  anchorAll,
  auditKey,
  findingsOf,
  keepAnchors,
  openFilePlace,
  verified,
} from '#test/support/audit-bed';
import { memoryLog } from '#test/support/command-env';
import { datasetSubject, someEvent } from '#test/support/events';
import { writeRegistryHistory } from '#test/support/history';
import { forSeeds, seeded } from '#test/support/seed';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const key = auditKey();
const keys = [key.publicKey];

async function historyOf(events: number, seed = 1) {
  const log = memoryLog();
  await writeRegistryHistory(log, events, seeded(seed));
  return log;
}

describe.each(Object.entries(ANCHOR_PLACES))('anchors in %s', (_, open) => {
  it('hold every event up to the last one, also when nothing comes behind it', async () => {
    await using place = await open();
    const log = await historyOf(60);
    const { projector } = keepAnchors({ log, store: place.store, key });
    const { last } = await log.head();
    await eventually('the last event to be anchored', async () => {
      return (await loadAnchors(place.store, log.name, keys)).to === last;
    });
    await projector.stop();
    const report = await verified(log, place.store, keys);
    expect(findingsOf(report)).toEqual([]);
    expect(report.places[0]).toMatchObject({ anchored: last });
  });

  it('go on behind the last one after a restart, and begin at it after a kill', async () => {
    await using place = await open();
    const log = await historyOf(30);
    await anchorAll({ log, store: place.store, key });
    const killed = keepAnchors({ log, store: place.store, key, intervalMs: 600_000 });
    await writeRegistryHistory(log, 20, seeded(2));
    const { last } = await log.head();
    await eventually('to have read on', () => killed.projector.position === last);
    // Nothing of it is anchored yet, and a killed process writes nothing more.
    const before = await loadAnchors(place.store, log.name, keys);
    expect(before.to).toBeLessThan(last);
    await anchorAll({ log, store: place.store, key });
    expect((await loadAnchors(place.store, log.name, keys)).to).toBe(last);
    expect(findingsOf(await verified(log, place.store, keys))).toEqual([]);
    await killed.projector.stop();
    expect(findingsOf(await verified(log, place.store, keys))).toEqual([]);
  });

  it('stay one chain when several nodes write it at once', async () => {
    await forSeeds(3, async (random) => {
      await using place = await open();
      const log = memoryLog();
      const nodeKeys = [auditKey(), auditKey(), auditKey()];
      const publicKeys = nodeKeys.map(({ publicKey }) => publicKey);
      const nodes = nodeKeys.map((nodeKey) =>
        keepAnchors({
          log,
          store: place.store,
          key: nodeKey,
          publicKeys,
          batchMax: 1 + random.int(20),
          intervalMs: 1 + random.int(15),
        }),
      );
      for (let i = 0; i < 5; i += 1) {
        await writeRegistryHistory(log, 20, random);
        await new Promise((resolve) => setTimeout(resolve, random.int(20)));
      }
      const { last } = await log.head();
      // Their keys are not known here: the chain is looked at, as far as it goes without them.
      const isWhole = async (): Promise<boolean> => (await chainEnd(place.store)) === last;
      await eventually('all to be anchored', isWhole);
      await Promise.all(nodes.map(({ projector }) => projector.stop()));
    });
  });
});

/** Where a chain of anchors ends whose links hold. */
async function chainEnd(store: AnchorStore): Promise<number> {
  let [to, previous] = [0, '0'.repeat(64)];
  for (let sequence = 1; ; sequence += 1) {
    const bytes = await store.read('REGISTRY', sequence);
    const read = bytes === undefined ? undefined : decodeAnchor(bytes);
    if (read === undefined) return to;
    expect(read.anchor).toMatchObject({ sequence, previous, from: to + 1 });
    [to, previous] = [read.anchor.to, read.digest];
  }
}

describe('AuditAnchors', () => {
  it('writes an anchor for every thousand events, whatever the interval', async () => {
    await using place = openFilePlace();
    const log = memoryLog();
    for (let i = 0; i < 2_500; i += 1)
      await log.append(datasetSubject(`d/${i}`), 0 as never, someEvent());
    const kept = keepAnchors({ log, store: place.store, key, intervalMs: 600_000, batchMax: 900 });
    await eventually('two anchors', async () => (await place.store.newest(log.name)) === 2);
    expect((await loadAnchors(place.store, log.name, keys)).to).toBe(2_000);
    await kept.projector.stop();
    expect((await loadAnchors(place.store, log.name, keys)).to).toBe(2_500);
  });

  it('builds on no anchor that it has not signed, and says so', async () => {
    await using place = openFilePlace();
    const log = await historyOf(20);
    await anchorAll({ log, store: place.store, key });
    const newest = await place.store.newest(log.name);
    const last = decodeAnchor((await place.store.read(log.name, newest)) ?? Buffer.alloc(0));
    if (last === undefined) throw new Error('There is no anchor');
    const { anchor, digest } = last;
    const hashes = Buffer.alloc(32, 7);
    const [from, to] = [toPosition(anchor.to + 1), toPosition(anchor.to + 1)];
    const forged = { ...anchor, sequence: newest + 1, previous: digest, from, to, hashes };
    const log2 = extendDigest(anchor.log, hashes);
    const bytes = encodeAnchor({ ...forged, log: log2 }, auditKey());
    await place.store.create(log.name, newest + 1, bytes);
    const { projector } = keepAnchors({ log, store: place.store, key });
    await eventually('to halt', () => projector.status.state === 'halted');
    expect(projector.status).toMatchObject({
      reason: expect.stringMatching(/does not hold: it is not signed by a known key/),
    });
    await projector.stop();
  });

  it('anchors nothing anew in the place of anchors that were removed', async () => {
    await using place = openFilePlace();
    using folder = tempFolder();
    const markPath = join(folder.path, 'audit', 'mark');
    const log = await historyOf(30);
    await anchorAll({ log, store: place.store, key, markPath });
    await writeRegistryHistory(log, 5, seeded(2));
    await anchorAll({ log, store: place.store, key, markPath });
    const anchored = await place.store.newest(log.name);
    await using emptied = openFilePlace();
    const first = (await place.store.read(log.name, 1)) ?? Buffer.alloc(0);
    await emptied.store.create(log.name, 1, first);
    const { projector } = keepAnchors({ log, store: emptied.store, key, markPath });
    await eventually('to halt', () => projector.status.state === 'halted');
    expect(projector.status).toMatchObject({
      reason: expect.stringMatching(`its newest anchor is 1, and ${anchored} was there`),
    });
    await projector.stop();
    expect(await emptied.store.newest(log.name)).toBe(1);
    // On purpose.
    rmSync(markPath);
    await anchorAll({ log, store: emptied.store, key, markPath });
    expect((await loadAnchors(emptied.store, log.name, keys)).to).toBe((await log.head()).last);
  });

  it('has one digest at a position, whatever its batches and anchors were', async () => {
    const log = await historyOf(40);
    const digests = new Set<string>();
    for (const [batchMax, intervalMs] of [
      [1, 1],
      [7, 600_000],
      [1_000, 5],
    ] as const) {
      await using place = openFilePlace();
      const kept = keepAnchors({ log, store: place.store, key, batchMax, intervalMs });
      const { last } = await log.head();
      await eventually('to be there', () => kept.projector.position === last);
      const { digest, position } = await kept.projection.digest();
      expect(position).toBe(last);
      digests.add(digest);
      await kept.projector.stop();
    }
    expect(digests.size).toBe(1);
    const [digest = ''] = digests;
    await using place = openFilePlace();
    expect(digest).toBe(`sha256:${(await verified(log, place.store, keys)).digest}`);
  });

  it('goes on when its store was away for a while, and when an answer was lost', async () => {
    await forSeeds(5, async (random) => {
      await using place = openFilePlace();
      let failures = 6;
      const away: AnchorStore = {
        newest: (stream) => place.store.newest(stream),
        read: (stream, sequence) => place.store.read(stream, sequence),
        create: async (...args) => {
          const fails = failures > 0 && random.int(2) === 0;
          if (!fails) return await place.store.create(...args);
          failures -= 1;
          // Sometimes it was written all the same.
          if (random.int(2) === 0) await place.store.create(...args);
          throw new RegistryError('STORE_UNAVAILABLE', 'Cannot write: told to fail');
        },
      };
      const log = await historyOf(50, random.int(100));
      const { projector } = keepAnchors({ log, store: away, key, batchMax: 5, intervalMs: 1 });
      const { last } = await log.head();
      await eventually(
        'all to be anchored',
        async () => (await loadAnchors(place.store, log.name, keys)).to === last,
        30_000,
      );
      await projector.stop();
      expect(findingsOf(await verified(log, place.store, keys))).toEqual([]);
    });
  });
});
