import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sha256, sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import { artifactPath } from '#stores/layout';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { publisherConformance } from '#test/support/publisher-conformance';
import { forSeeds, type Seeded } from '#test/support/seed';
import { smallDisk } from '#test/support/small-disk';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const MODULE = join(import.meta.dirname, '../../dist/src/stores/localfs/localfs-publisher.js');
const ROOMY = { bytesMax: 100_000_000 };

let folder: TempFolder;
let store: LocalfsPublisher;
beforeEach(() => {
  folder = tempFolder();
  store = new LocalfsPublisher(folder.path);
});
afterEach(() => {
  folder[Symbol.dispose]();
});

/** Every file below the store, hidden and temporary ones included. */
function files(root = folder.path): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

async function* chunksOf(bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The bytes in pieces of random sizes, other work of the process in between. */
async function* raggedOf(bytes: Uint8Array, random: Seeded): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.int(bytes.length / 3);
    yield bytes.subarray(at, at + size);
    at += size;
    for (let turns = random.int(3); turns > 0; turns -= 1) await new Promise(setImmediate);
  }
}

async function readAll(sha256: Sha256): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(sha256)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function someBytes(length: number): { readonly bytes: Buffer; readonly sha256: Sha256 } {
  const bytes = Buffer.alloc(length, newId());
  return { bytes, sha256: sha256Of(bytes) };
}

publisherConformance('localfs', async () => {
  const own = tempFolder();
  const [publisher, other] = [new LocalfsPublisher(own.path), new LocalfsPublisher(own.path)];
  return {
    publisher,
    other,
    everything: async () => files(own.path),
    async [Symbol.asyncDispose]() {
      await publisher.close();
      await other.close();
      own[Symbol.dispose]();
    },
  };
});

describe('LocalfsPublisher', () => {
  it('put() stores bytes under their digest, and read() gives them back', async () => {
    for (const length of [0, 1, 999, 1_000, 1_001, 300_000]) {
      const { bytes, sha256 } = someBytes(length);
      const put = await store.put(sha256, chunksOf(bytes), ROOMY);
      expect(put).toEqual({ bytes: length, existing: false });
      expect(await store.stat(sha256)).toEqual({ bytes: length });
      expect((await readAll(sha256)).equals(bytes)).toBe(true);
      expect(files()).toContain(`artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`);
    }
    expect(files().filter((path) => path.startsWith('tmp'))).toEqual([]);
  });

  it('put() shows nothing before the last byte was checked', async () => {
    const { bytes, sha256 } = someBytes(5_000);
    async function* watched(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunksOf(bytes)) {
        yield chunk;
        expect(await store.stat(sha256)).toBeUndefined();
        expect(existsSync(join(folder.path, artifactPath(sha256)))).toBe(false);
        await expect(readAll(sha256)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
      }
    }
    await store.put(sha256, watched(), ROOMY);
    expect((await readAll(sha256)).equals(bytes)).toBe(true);
  });

  it('removeLeftovers() takes away what cut-off uploads have left, and no artifact', async () => {
    const { bytes, sha256 } = someBytes(500);
    await store.put(sha256, chunksOf(bytes), ROOMY);
    mkdirSync(join(folder.path, 'tmp'), { recursive: true });
    writeFileSync(join(folder.path, 'tmp', `${sha256}.half`), 'half');
    await store.removeLeftovers();
    expect(existsSync(join(folder.path, 'tmp'))).toBe(false);
    expect(await store.stat(sha256)).toEqual({ bytes: 500 });
    const next = someBytes(600);
    await store.put(next.sha256, chunksOf(next.bytes), ROOMY);
    expect(await store.stat(next.sha256)).toEqual({ bytes: 600 });
  });

  it('removeLeftovers() with an age leaves what writers of other processes may be writing', async () => {
    const at = (name: string): string => join(folder.path, 'tmp', name);
    mkdirSync(join(folder.path, 'tmp'), { recursive: true });
    for (const name of ['old', 'young']) writeFileSync(at(name), 'half');
    const hoursAgo = Date.now() / 1_000 - 7_200;
    utimesSync(at('old'), hoursAgo, hoursAgo);
    await store.removeLeftovers(3_600_000);
    expect([existsSync(at('old')), existsSync(at('young'))]).toEqual([false, true]);
  });

  it('put() of what is there already checks the bytes and leaves the file as it is', async () => {
    const { bytes, sha256 } = someBytes(2_000);
    await store.put(sha256, chunksOf(bytes), ROOMY);
    const path = join(folder.path, artifactPath(sha256));
    const before = statSync(path, { bigint: true });
    const again = await store.put(sha256, chunksOf(bytes), ROOMY);
    expect(again).toEqual({ bytes: 2_000, existing: true });
    const other = store.put(sha256, chunksOf(Buffer.from('something else')), ROOMY);
    await expect(other).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    const after = statSync(path, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
  });

  it('put() by many writers of one digest stores it once; whoever reads meanwhile sees all or nothing', async () => {
    await forSeeds(15, async (random) => {
      const { bytes, sha256 } = someBytes(20_000 + random.int(50_000));
      const other = new LocalfsPublisher(folder.path);
      let done = false;
      const reader = (async () => {
        let seen = 0;
        while (!done) {
          if ((await store.stat(sha256)) !== undefined) {
            expect((await readAll(sha256)).equals(bytes)).toBe(true);
            seen += 1;
          }
          await new Promise(setImmediate);
        }
        return seen;
      })();
      const puts = await Promise.all(
        Array.from({ length: 2 + random.int(10) }, () =>
          random.pick([store, other]).put(sha256, raggedOf(bytes, random), ROOMY),
        ),
      );
      const path = join(folder.path, artifactPath(sha256));
      const { ino } = statSync(path);
      done = true;
      await reader;
      expect(puts.filter(({ existing }) => !existing)).toHaveLength(1);
      expect(new Set(puts.map((put) => put.bytes))).toEqual(new Set([bytes.length]));
      expect((await readAll(sha256)).equals(bytes)).toBe(true);
      await store.put(sha256, chunksOf(bytes), ROOMY);
      expect(statSync(path).ino).toBe(ino);
      expect(files().filter((name) => name.startsWith('tmp'))).toEqual([]);
    });
  });

  it('put() of other bytes than named is CHECKSUM_MISMATCH and leaves nothing behind', async () => {
    const { bytes, sha256 } = someBytes(3_000);
    const flipped = Buffer.from(bytes);
    flipped[1_500] = (flipped[1_500] ?? 0) ^ 1;
    const wrong = [flipped, bytes.subarray(1), Buffer.concat([bytes, Buffer.from('x')])];
    for (const source of [...wrong, Buffer.alloc(0)]) {
      await expect(store.put(sha256, chunksOf(source), ROOMY)).rejects.toMatchObject({
        code: 'CHECKSUM_MISMATCH',
        outcome: 'not-applied',
        details: { actual: sha256Of(source), bytes: source.length },
      });
      expect(await store.stat(sha256)).toBeUndefined();
      expect(files()).toEqual([]);
    }
    expect(await store.put(sha256, chunksOf(bytes), ROOMY)).toMatchObject({ existing: false });
  });

  it('put() of too many bytes is TOO_LARGE, reads no further, and leaves nothing behind', async () => {
    const { bytes, sha256 } = someBytes(10_000);
    let [given, ended] = [0, false];
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          given += 1_000;
          yield bytes.subarray(0, 1_000);
        }
      } finally {
        ended = true;
      }
    }
    await expect(store.put(sha256, endless(), { bytesMax: 4_500 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      outcome: 'not-applied',
      details: { bytesMax: 4_500 },
    });
    expect([given, ended, files()]).toEqual([5_000, true, []]);
    const exact = await store.put(sha256, chunksOf(bytes), { bytesMax: bytes.length });
    expect(exact).toEqual({ bytes: bytes.length, existing: false });
  });

  it('put() whose source breaks off leaves nothing behind, neither a file nor an open one', async () => {
    const { bytes, sha256 } = someBytes(5_000);
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 2_000);
      throw new Error('aborted');
    }
    await expect(store.put(sha256, broken(), ROOMY)).rejects.toMatchObject({
      outcome: 'not-applied',
      cause: expect.objectContaining({ message: 'aborted' }),
    });
    const before = openFiles();
    for (let i = 0; i < 20; i += 1)
      await expect(store.put(sha256, broken(), ROOMY)).rejects.toThrow(/aborted/);
    expect(openFiles()).toBeLessThan(before + 10);
    expect(files()).toEqual([]);
    expect(await store.stat(sha256)).toBeUndefined();
  });

  it('put() that is killed in mid-body shows nothing, and the next one stores it', async () => {
    const { bytes, sha256 } = someBytes(8_000);
    const code = `
      const { LocalfsPublisher } = await import(${JSON.stringify(MODULE)});
      async function* half() {
        yield Buffer.from(${JSON.stringify(bytes.toString('latin1').slice(0, 4_000))}, 'latin1');
        process.stdout.write('half');
        await new Promise((resolve) => setTimeout(resolve, 600000));
      }
      await new LocalfsPublisher(process.argv[1]).put(${JSON.stringify(sha256)}, half(), { bytesMax: 9000 });`;
    const args = ['--input-type=module', '-e', code, folder.path];
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    writer.kill('SIGKILL');
    await new Promise((resolve) => writer.once('exit', resolve));
    expect(files().filter((name) => !name.startsWith('tmp/'))).toEqual([]);
    expect(await store.stat(sha256)).toBeUndefined();
    expect(await store.put(sha256, chunksOf(bytes), ROOMY)).toMatchObject({ existing: false });
    expect((await readAll(sha256)).equals(bytes)).toBe(true);
  });

  it('read() of what is not there is ARTIFACT_MISSING', async () => {
    const { sha256 } = someBytes(1);
    await expect(readAll(sha256)).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      message: `Cannot read artifact "${sha256}": it is not in the store`,
    });
  });

  it('a place that cannot be written is STORE_UNAVAILABLE, and nothing was applied', async () => {
    const { bytes, sha256 } = someBytes(10);
    writeFileSync(join(folder.path, 'file'), '');
    const nowhere = new LocalfsPublisher(join(folder.path, 'file'));
    const unavailable = { code: 'STORE_UNAVAILABLE', outcome: 'not-applied', retryAfterSeconds: 5 };
    await expect(nowhere.put(sha256, chunksOf(bytes), ROOMY)).rejects.toMatchObject(unavailable);
    await expect(nowhere.stat(sha256)).rejects.toMatchObject(unavailable);
    mkdirSync(join(folder.path, artifactPath(sha256)), { recursive: true });
    await expect(readAll(sha256)).rejects.toMatchObject(unavailable);
  });

  it('a disk that fills up is STORE_UNAVAILABLE and gets its space back', async () => {
    const disk = smallDisk(2_000_000);
    try {
      const full = new LocalfsPublisher(disk.path);
      const { bytes, sha256 } = someBytes(5_000_000);
      await expect(full.put(sha256, chunksOf(bytes, 65_536), ROOMY)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        outcome: 'not-applied',
        message: expect.stringMatching(/no space/i),
      });
      expect(files(disk.path)).toEqual([]);
      const small = someBytes(1_000_000);
      await full.put(small.sha256, chunksOf(small.bytes), ROOMY);
      const stored = readFileSync(join(disk.path, artifactPath(small.sha256)));
      expect(stored.equals(small.bytes)).toBe(true);
    } finally {
      await eventually('the disk to be free', () => disk.unmount());
    }
  });
});
