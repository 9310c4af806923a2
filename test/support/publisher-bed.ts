import { type Sha256, sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import type { Publisher, ReadOptions } from '#stores/publisher';

/** A store to write to. Disposed after each test, with its publishers. */
export interface PublisherBed extends AsyncDisposable {
  readonly publisher: Publisher;
  /** Another one on the same store, as another process would have it. */
  readonly other: Publisher;
  /** Everything that the store holds, by its path: what readers see and what they do not. */
  everything(): Promise<readonly string[]>;
}

export const ROOMY = { bytesMax: 100_000_000 };

/** Bytes that nobody has stored before. */
export function freshBytes(length: number): { readonly bytes: Buffer; readonly sha256: Sha256 } {
  const bytes = Buffer.alloc(length, newId());
  return { bytes, sha256: sha256Of(bytes) };
}

/** Gives bytes in pieces. */
export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Reads an artifact whole, or a part of it. */
export async function readArtifact(
  publisher: Publisher,
  sha256: Sha256,
  options?: ReadOptions,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of publisher.read(sha256, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
