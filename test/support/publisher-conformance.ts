import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { artifactPath } from '#stores/layout';
import type { Publisher } from '#stores/publisher';
import { catalogConformance } from '#test/support/catalog-conformance';
import {
  chunksOf,
  freshBytes,
  type PublisherBed,
  ROOMY,
  readArtifact,
} from '#test/support/publisher-bed';
import { filesConformance } from '#test/support/publisher-files-conformance';
import { forSeeds } from '#test/support/seed';

// More than two parts of a multipart upload.
const LARGE_BYTES = 12_000_000;
async function* breakingOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes);
  throw new Error('the client went away');
}

/** What every store that is written to promises. `open` makes an empty one. */
export function publisherConformance(name: string, open: () => Promise<PublisherBed>): void {
  describe(`publisher: ${name}`, () => {
    let bed: PublisherBed;
    let publisher: Publisher;
    beforeEach(async () => {
      bed = await open();
      ({ publisher } = bed);
    });
    afterEach(async () => {
      await bed[Symbol.asyncDispose]();
    });

    describeArtifacts(() => bed);
    filesConformance(() => bed);
    catalogConformance(() => bed);

    it('close() can be called after everything and once more', async () => {
      const { bytes, sha256 } = freshBytes(10);
      await publisher.put(sha256, chunksOf(bytes), ROOMY);
      await publisher.close();
      await publisher.close();
    });
  });
}

function describeArtifacts(bed: () => PublisherBed): void {
  it('put() stores bytes of every size under their digest, and read() gives them back', async () => {
    for (const length of [0, 1, 65_536, 5_242_880, 5_242_881, LARGE_BYTES]) {
      const { bytes, sha256 } = freshBytes(length);
      const put = await bed().publisher.put(sha256, chunksOf(bytes), ROOMY);
      expect(put).toEqual({ bytes: length, existing: false });
      expect(await bed().other.stat(sha256)).toEqual({ bytes: length });
      expect((await readArtifact(bed().other, sha256)).equals(bytes)).toBe(true);
      expect(await bed().everything()).toContain(artifactPath(sha256));
    }
    expect(await bed().everything()).toHaveLength(6);
  });

  it('put() takes bytes in pieces of any size, also ones that are used again', async () => {
    const { bytes, sha256 } = freshBytes(6_000_000);
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const piece = Buffer.alloc(700_000);
      for (let at = 0; at < bytes.length; ) {
        const size = bytes.copy(piece, 0, at);
        yield piece.subarray(0, size);
        at += size;
        if (at % 3 === 0) yield Buffer.alloc(0);
      }
    }
    await bed().publisher.put(sha256, reusing(), ROOMY);
    expect(sha256Of(await readArtifact(bed().publisher, sha256))).toBe(sha256);
  });

  it.each([1_000, LARGE_BYTES])(
    'put() of %i bytes with another digest is CHECKSUM_MISMATCH and leaves nothing',
    async (length) => {
      const { bytes, sha256 } = freshBytes(length);
      const flipped = Buffer.from(bytes);
      flipped[length - 1] = (flipped[length - 1] ?? 0) ^ 1;
      for (const wrong of [flipped, bytes.subarray(1), Buffer.alloc(0)]) {
        await expect(bed().publisher.put(sha256, chunksOf(wrong), ROOMY)).rejects.toMatchObject({
          code: 'CHECKSUM_MISMATCH',
          outcome: 'not-applied',
          details: { actual: sha256Of(wrong), bytes: wrong.length },
        });
        expect(await bed().publisher.stat(sha256)).toBeUndefined();
        expect(await bed().everything()).toEqual([]);
      }
      const right = await bed().publisher.put(sha256, chunksOf(bytes), ROOMY);
      expect(right).toEqual({ bytes: length, existing: false });
    },
  );

  it.each([1_000, LARGE_BYTES])(
    'put() of one byte too many in %i is TOO_LARGE and leaves nothing',
    async (length) => {
      const { bytes, sha256 } = freshBytes(length);
      const tight = { bytesMax: length - 1 };
      await expect(bed().publisher.put(sha256, chunksOf(bytes), tight)).rejects.toMatchObject({
        code: 'TOO_LARGE',
        outcome: 'not-applied',
        details: tight,
      });
      expect(await bed().everything()).toEqual([]);
      const exact = await bed().publisher.put(sha256, chunksOf(bytes), { bytesMax: length });
      expect(exact.bytes).toBe(length);
    },
  );

  it.each([1_000, LARGE_BYTES])(
    'put() that breaks off after %i bytes is STORE_UNAVAILABLE and leaves nothing',
    async (length) => {
      const { bytes, sha256 } = freshBytes(length);
      await expect(bed().publisher.put(sha256, breakingOff(bytes), ROOMY)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        outcome: 'not-applied',
        message: expect.stringContaining('the client went away'),
      });
      expect(await bed().publisher.stat(sha256)).toBeUndefined();
      expect(await bed().everything()).toEqual([]);
    },
  );

  it('put() shows nothing before its last byte was checked', async () => {
    const { bytes, sha256 } = freshBytes(LARGE_BYTES);
    async function* watched(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunksOf(bytes, 2_000_000)) {
        yield chunk;
        expect(await bed().other.stat(sha256)).toBeUndefined();
        await expect(readArtifact(bed().other, sha256)).rejects.toMatchObject({
          code: 'ARTIFACT_MISSING',
        });
      }
    }
    await bed().publisher.put(sha256, watched(), ROOMY);
    expect(await bed().other.stat(sha256)).toEqual({ bytes: LARGE_BYTES });
  });

  it('put() of what is there already checks the bytes and says so', async () => {
    const { bytes, sha256 } = freshBytes(2_000);
    await bed().publisher.put(sha256, chunksOf(bytes), ROOMY);
    const again = await bed().other.put(sha256, chunksOf(bytes), ROOMY);
    expect(again).toEqual({ bytes: 2_000, existing: true });
    const wrong = bed().other.put(sha256, chunksOf(Buffer.from('something else')), ROOMY);
    await expect(wrong).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect((await readArtifact(bed().publisher, sha256)).equals(bytes)).toBe(true);
  });

  it.each([3_000, LARGE_BYTES])(
    'put() of one artifact of %i bytes by many at once succeeds for each',
    async (length) => {
      const { bytes, sha256 } = freshBytes(length);
      const writers = Array.from({ length: 8 }, (_, i) => (i % 2 ? bed().other : bed().publisher));
      const puts = await Promise.all(
        writers.map(async (writer) => writer.put(sha256, chunksOf(bytes), ROOMY)),
      );
      expect(puts.map((put) => put.bytes)).toEqual(puts.map(() => length));
      expect(puts.some((put) => !put.existing)).toBe(true);
      expect((await readArtifact(bed().publisher, sha256)).equals(bytes)).toBe(true);
      expect(await bed().everything()).toEqual([artifactPath(sha256)]);
    },
  );

  it('read() gives every range of an artifact, and nothing behind its end', async () => {
    const { bytes, sha256 } = freshBytes(300_000);
    await bed().publisher.put(sha256, chunksOf(bytes), ROOMY);
    await forSeeds(10, async (random) => {
      const offset = random.int(bytes.length);
      const length = 1 + random.int(bytes.length);
      const part = await readArtifact(bed().publisher, sha256, { offset, length });
      expect(part.equals(bytes.subarray(offset, offset + length))).toBe(true);
      const rest = await readArtifact(bed().publisher, sha256, { offset });
      expect(rest.equals(bytes.subarray(offset))).toBe(true);
    });
    for (const beyond of [{ offset: 300_000 }, { offset: 400_000, length: 5 }, { length: 0 }])
      expect(await readArtifact(bed().publisher, sha256, beyond)).toHaveLength(0);
  });

  it('read() and stat() of what is not there say so', async () => {
    const { sha256 } = freshBytes(1);
    expect(await bed().publisher.stat(sha256)).toBeUndefined();
    for (const options of [undefined, { offset: 5 }]) {
      await expect(readArtifact(bed().publisher, sha256, options)).rejects.toMatchObject({
        code: 'ARTIFACT_MISSING',
        message: `Cannot read artifact "${sha256}": it is not in the store`,
      });
    }
  });
}
