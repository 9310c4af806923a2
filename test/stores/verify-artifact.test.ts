import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { artifactPath } from '#stores/layout';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { verifyArtifact } from '#stores/verify-artifact';
import { type TempFolder, tempFolder } from '#test/support/temp';

const BYTES = Buffer.alloc(200_000, 'artifact ');
const sha256 = sha256Of(BYTES);
const expected = { sha256, bytes: BYTES.length };

let folder: TempFolder;
let store: LocalfsPublisher;
let path: string;
beforeEach(async () => {
  folder = tempFolder();
  store = new LocalfsPublisher(folder.path);
  path = join(folder.path, artifactPath(sha256));
  await store.put(sha256, only(BYTES), { bytesMax: BYTES.length });
});
afterEach(() => {
  folder[Symbol.dispose]();
});

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe('verifyArtifact()', () => {
  it('accepts an artifact whose bytes and size are as named', async () => {
    await verifyArtifact(store, expected);
    const empty = sha256Of('');
    await store.put(empty, only(Buffer.alloc(0)), { bytesMax: 0 });
    await verifyArtifact(store, { sha256: empty, bytes: 0 });
  });

  it('says ARTIFACT_MISSING and how to upload it when it is not in the store', async () => {
    const missing = sha256Of('missing');
    await expect(verifyArtifact(store, { sha256: missing, bytes: 7 })).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      outcome: 'not-applied',
      message: `Cannot use artifact "${missing}": it is not in the store (want it uploaded first: PUT /registry/artifacts/${missing})`,
    });
  });

  it('refuses another size without reading a byte', async () => {
    let reads = 0;
    const counted = {
      stat: store.stat.bind(store),
      read: () => {
        reads += 1;
        return store.read(sha256);
      },
    };
    for (const bytes of [0, BYTES.length - 1, BYTES.length + 1]) {
      await expect(verifyArtifact(counted, { sha256, bytes })).rejects.toMatchObject({
        code: 'CHECKSUM_MISMATCH',
        outcome: 'not-applied',
        message: `Cannot use artifact "${sha256}": its size in the store is "${BYTES.length}" (want "${bytes}")`,
      });
    }
    expect(reads).toBe(0);
    await verifyArtifact(counted, expected);
    expect(reads).toBe(1);
  });

  it('finds every flipped bit, cut and addition in what lies on the disk', async () => {
    for (const at of [0, 1, 65_535, 65_536, BYTES.length - 1]) {
      const damaged = Buffer.from(BYTES);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      writeFileSync(path, damaged);
      await expect(verifyArtifact(store, expected)).rejects.toMatchObject({
        code: 'CHECKSUM_MISMATCH',
        message: `Cannot use artifact "${sha256}": its SHA-256 in the store is "${sha256Of(damaged)}" (want "${sha256}")`,
      });
    }
    writeFileSync(path, BYTES);
    await verifyArtifact(store, expected);
    truncateSync(path, BYTES.length - 1);
    await expect(verifyArtifact(store, expected)).rejects.toThrow(/its size in the store/);
    appendFileSync(path, 'XX');
    await expect(verifyArtifact(store, expected)).rejects.toThrow(/its size in the store/);
    expect(readFileSync(path)).toHaveLength(BYTES.length + 1);
  });

  it('refuses bytes of another artifact of the same size under this name', async () => {
    writeFileSync(path, Buffer.alloc(BYTES.length, 'forged '));
    await expect(verifyArtifact(store, expected)).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    });
  });
});
