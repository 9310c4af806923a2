import type { PublishCommands } from '#commands/publish-dataset';
import type { Sha256 } from '#domain/digest';
import type { Publisher, PutResult } from '#stores/publisher';

/** What is needed to take artifacts in. */
export interface ArtifactCommands {
  readonly publisher: Publisher;
  readonly artifactBytesMax: number;
  readonly inspect: PublishCommands['inspect'];
}

/**
 * Takes the bytes of an artifact. They are content, not facts: nothing is appended, and nobody sees them before a dataset
 * that names them is published.
 * @throws CHECKSUM_MISMATCH, TOO_LARGE, STORE_UNAVAILABLE
 */
export async function storeArtifact(
  { publisher, artifactBytesMax }: ArtifactCommands,
  sha256: Sha256,
  source: AsyncIterable<Uint8Array>,
): Promise<PutResult> {
  return await publisher.put(sha256, source, { bytesMax: artifactBytesMax });
}
