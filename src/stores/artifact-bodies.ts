import type { Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { oneChunk } from '#flow/one-chunk';
import type { Publisher } from '#stores/publisher';

/** Keeps the bodies of large events among the artifacts. What it gives was not checked: its reader compares the digest. */
export function artifactBodies(publisher: Publisher, bytesMax: number) {
  return {
    async put(sha256: Sha256, bytes: Uint8Array): Promise<void> {
      await publisher.put(sha256, oneChunk(bytes), { bytesMax });
    },
    async get(sha256: Sha256): Promise<Uint8Array> {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of publisher.read(sha256)) {
        size += chunk.length;
        if (size > bytesMax) {
          throw new RegistryError(
            'STORE_UNAVAILABLE',
            `Cannot read body "${sha256}": it is larger (want at most ${bytesMax} bytes)`,
          );
        }
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, size);
    },
  };
}
