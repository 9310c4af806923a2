import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import type { MemoryLog } from '#log/memory-log';
import type { SnapshotIndex } from '#projections/view-snapshots/snapshot-index';
import { memoryLog } from '#test/support/command-env';
import { writeRegistryHistory } from '#test/support/history';
import { writeJobHistory } from '#test/support/run-history';
import { forSeeds, seeded } from '#test/support/seed';
import { change, type Kept, type SnapshotBed, snapshotBed } from '#test/support/snapshot-bed';

let bed: SnapshotBed;
let log: MemoryLog;
let stem: string;
let folder: string;

beforeEach(async () => {
  bed = snapshotBed();
  log = memoryLog();
  await writeRegistryHistory(log, 60, seeded(3));
  await bed.keep(bed.fileOf('a', 'catalog', log));
  await bed.take(bed.fileOf('a', 'catalog', log));
  stem = bed.newestStem('catalog');
  folder = bed.stored('catalog');
});
afterEach(() => bed[Symbol.dispose]());

const indexOf = (name: string): string => join(folder, `${name}.json`);
const partOf = (name: string): string => join(folder, `${name}.00000.gz`);

/** Starts a new node, which must do without the snapshot and be right all the same. */
async function expectIgnored(why: RegExp): Promise<Kept> {
  const started = await bed.keep(bed.fileOf(`node-${Math.random()}`, 'catalog', log));
  expect(started.events).toMatchObject([{ type: 'ignored', snapshot: stem, why }]);
  expect(started.applied).toBe(started.position);
  const right = await bed.keep(bed.fileOf('a', 'catalog', log));
  expect(started.digest).toBe(right.digest);
  return started;
}

/** Changes the index and gives it a checksum that holds. */
function forge(name: string, changes: Partial<SnapshotIndex>): void {
  change(indexOf(name), (bytes) => {
    const { index } = JSON.parse(bytes.toString('utf8')) as { index: SnapshotIndex };
    const forged = { ...index, ...changes };
    return Buffer.from(canonicalJson({ index: forged, sha256: sha256Of(canonicalJson(forged)) }));
  });
}

/** Replaces the file of the snapshot by one that was changed, with digests that match it. */
function forgeFile(how: (path: string) => void): void {
  const path = join(folder, '..', 'forged.sqlite');
  const plain = gunzipSync(readFileSync(partOf(stem)));
  change(partOf(stem), () => plain);
  copyFileSync(partOf(stem), path);
  how(path);
  const bytes = readFileSync(path);
  const packed = gzipSync(bytes);
  change(partOf(stem), () => packed);
  forge(stem, {
    bytes: bytes.length,
    parts: [{ sha256: sha256Of(packed), bytes: packed.length }],
  });
}

describe('a snapshot that does not verify is ignored with one warning, and the view is right:', () => {
  it('any byte of its part flipped', async () => {
    await forSeeds(10, async (random) => {
      const whole = readFileSync(partOf(stem));
      const at = random.int(whole.length);
      change(partOf(stem), (bytes) => bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.int(8))));
      await expectIgnored(/part 0 has SHA-256/);
      change(partOf(stem), () => whole);
    });
  });

  it('any byte of its index flipped', async () => {
    await forSeeds(10, async (random) => {
      const whole = readFileSync(indexOf(stem));
      const at = random.int(whole.length - 1);
      change(indexOf(stem), (bytes) => bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.int(7))));
      await expectIgnored(/its index/);
      change(indexOf(stem), () => whole);
    });
  });

  it('truncated part', async () => {
    truncateSync(partOf(stem), 1_000);
    await expectIgnored(/part 0 has SHA-256/);
  });

  it('part that is gone', async () => {
    rmSync(partOf(stem));
    await expectIgnored(/part 0 is not there/);
  });

  it('part that has grown', async () => {
    change(partOf(stem), (bytes) => Buffer.concat([bytes, Buffer.from('more')]));
    await expectIgnored(/part 0 has SHA-256/);
  });

  it('truncated, empty and foreign index', async () => {
    const whole = readFileSync(indexOf(stem));
    for (const bytes of [whole.subarray(0, 100), Buffer.alloc(0), Buffer.from('{"a":1}')]) {
      change(indexOf(stem), () => bytes);
      await expectIgnored(/its index is no/);
    }
  });

  it('index of another view', async () => {
    const jobs = memoryLog('JOBS');
    await writeJobHistory(jobs, 40, seeded(4));
    await bed.keep(bed.fileOf('a', 'job-runs', jobs));
    await bed.take(bed.fileOf('a', 'job-runs', jobs));
    const from = join(bed.stored('job-runs'), `${bed.newestStem('job-runs')}.json`);
    change(indexOf(stem), () => readFileSync(from));
    await expectIgnored(/its index is of view "job-runs"/);
  });

  it('position beyond the end of the log', async () => {
    const beyond = stem.replace(/^p\d{16}/, `p${'999999'.padStart(16, '0')}`);
    for (const file of readdirSync(folder))
      renameSync(join(folder, file), join(folder, file.replace(stem, beyond)));
    stem = beyond;
    await expectIgnored(/it is at position 999999 \(want at most \d+, where the log ends\)/);
  });

  it('another schema version', async () => {
    const other = stem.replace(/-v\d+-/, '-v6-');
    for (const file of readdirSync(folder))
      renameSync(join(folder, file), join(folder, file.replace(stem, other)));
    stem = other;
    await expectIgnored(/it has schema version 6 \(want \d+\)/);
  });

  it('another stream', async () => {
    log = memoryLog();
    await new Promise((resolve) => setTimeout(resolve, 2));
    log = memoryLog();
    await writeRegistryHistory(log, 70, seeded(9));
    rmSync(bed.fileOf('a', 'catalog', log).path);
    await expectIgnored(/it is of another stream/);
  });

  it('index that says another position than the checkpoint of its file', async () => {
    const at = stem.replace(/^p\d{16}/, `p${'30'.padStart(16, '0')}`);
    for (const file of readdirSync(folder))
      renameSync(join(folder, file), join(folder, file.replace(stem, at)));
    stem = at;
    const { hash } = (await messageAt(30)) ?? { hash: '' };
    forge(stem, { position: 30, lastHash: hash });
    await expectIgnored(/its file is at position \d+ .*\(want 30 /);
  });

  it('file whose checkpoint was forged', async () => {
    forgeFile((path) => {
      const db = new Database(path);
      db.exec('UPDATE checkpoint SET position = position - 1');
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
    });
    await expectIgnored(/its file is at position/);
  });

  it('file that SQLite finds damaged', async () => {
    forgeFile((path) => change(path, (bytes) => bytes.fill(0xff, 8_192, 12_288)));
    await expectIgnored(/SQLite does not accept the file/);
  });

  it('log that holds another event at its position, under the same name and age', async () => {
    forge(stem, { lastHash: 'f'.repeat(64) });
    await expectIgnored(/event \d+ has hash "[0-9a-f]{64}" in the log/);
  });
});

describe('two snapshots', () => {
  it('that were swapped are both ignored', async () => {
    const first = stem;
    await writeRegistryHistory(log, 20, seeded(8));
    await bed.keep(bed.fileOf('a', 'catalog', log));
    await bed.take(bed.fileOf('a', 'catalog', log));
    const second = bed.newestStem('catalog');
    const [a, b] = [readFileSync(partOf(first)), readFileSync(partOf(second))];
    change(partOf(first), () => b);
    change(partOf(second), () => a);
    const started = await bed.keep(bed.fileOf('b', 'catalog', log));
    expect(started.events).toMatchObject([
      { type: 'ignored', snapshot: second },
      { type: 'ignored', snapshot: first },
    ]);
    expect(started.applied).toBe(started.position);
  });

  it('of which the newer is damaged: the older one is taken, with the longer tail', async () => {
    const position = Number(stem.slice(1, 17));
    await writeRegistryHistory(log, 20, seeded(8));
    await bed.keep(bed.fileOf('a', 'catalog', log));
    await bed.take(bed.fileOf('a', 'catalog', log));
    truncateSync(partOf(bed.newestStem('catalog')), 10);
    const started = await bed.keep(bed.fileOf('b', 'catalog', log));
    expect(started.events).toMatchObject([{ type: 'ignored' }, { type: 'restored', position }]);
    expect(started.applied).toBe(started.position - position);
    expect(started.digest).toBe((await bed.keep(bed.fileOf('a', 'catalog', log))).digest);
  });
});

async function messageAt(position: number): Promise<{ readonly hash: string } | undefined> {
  const { decodeEnvelope } = await import('#log/codec');
  const range = { after: (position - 1) as never, upTo: position as never, batchMax: 1 };
  for await (const [message] of log.readRange({ ...range, signal: new AbortController().signal }))
    if (message !== undefined) return { hash: decodeEnvelope(message).hash };
  return undefined;
}
