import { createHash } from 'node:crypto';
import type { Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import type { Publisher } from '#stores/publisher';

/**
 * Reads an artifact from its store and checks its SHA-256 and its size.
 * @throws ARTIFACT_MISSING when it is not there, CHECKSUM_MISMATCH when its bytes or their number differ
 */
export async function verifyArtifact(
  publisher: Pick<Publisher, 'read' | 'stat'>,
  expected: { readonly sha256: Sha256; readonly bytes: number },
): Promise<void> {
  const { sha256, bytes } = expected;
  const stat = await publisher.stat(sha256);
  if (stat === undefined) {
    throw new RegistryError(
      'ARTIFACT_MISSING',
      `Cannot use artifact "${sha256}": it is not in the store (want it uploaded first: PUT /registry/artifacts/${sha256})`,
      { details: { sha256 }, outcome: 'not-applied' },
    );
  }
  // The size is cheap to compare and tells most mistakes before gigabytes are read.
  if (stat.bytes !== bytes) {
    throw mismatch(sha256, 'size', { actual: stat.bytes, want: bytes });
  }
  const hash = createHash('sha256');
  for await (const chunk of publisher.read(sha256)) hash.update(chunk);
  const actual = hash.digest('hex');
  if (actual !== sha256) throw mismatch(sha256, 'SHA-256', { actual, want: sha256 });
}

function mismatch(
  sha256: Sha256,
  noun: 'size' | 'SHA-256',
  values: { readonly actual: string | number; readonly want: string | number },
): RegistryError {
  const { actual, want } = values;
  return new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot use artifact "${sha256}": its ${noun} in the store is "${actual}" (want "${want}")`,
    { details: { sha256, [noun]: actual }, outcome: 'not-applied' },
  );
}
