import { createHash } from 'node:crypto';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';

/** What the bytes of an artifact have to be. */
export interface Expected {
  readonly sha256: Sha256;
  /** The most bytes to take. */
  readonly bytesMax: number;
}

/**
 * Reads all bytes, hands them on as they come, and checks that they are the ones that were named. Gives how many they were.
 * @throws CHECKSUM_MISMATCH when they have another digest, TOO_LARGE as soon as they are more than `bytesMax`
 */
export async function readChecked(
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
  take?: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > expected.bytesMax) throw tooLarge(expected);
    hash.update(chunk);
    await take?.(chunk);
  }
  const actual = hash.digest('hex');
  if (actual === expected.sha256) return bytes;
  throw new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot store artifact "${expected.sha256}": the SHA-256 of its ${bytes} bytes is "${actual}" (want "${expected.sha256}")`,
    { details: { actual, bytes }, outcome: 'not-applied' },
  );
}

function tooLarge({ sha256, bytesMax }: Expected): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `Cannot store artifact "${sha256}": it is larger (want at most ${bytesMax} bytes)`,
    { details: { bytesMax }, outcome: 'not-applied' },
  );
}

/** Makes the error that says that an artifact is not in the store. */
export function artifactMissing(sha256: Sha256): RegistryError {
  return new RegistryError(
    'ARTIFACT_MISSING',
    `Cannot read artifact "${sha256}": it is not in the store`,
    { details: { sha256 } },
  );
}

/** Makes the error that says that the store did not do something with an artifact. Nothing was applied. */
export function artifactUnavailable(verb: string, sha256: Sha256, cause: unknown): RegistryError {
  return storeUnavailable(`${verb} artifact "${sha256}"`, cause);
}

/** Makes the same error for one of the files beside the artifacts. */
export function fileUnavailable(verb: string, path: string, cause: unknown): RegistryError {
  return storeUnavailable(`${verb} file ${quote(path)}`, cause);
}

function storeUnavailable(what: string, cause: unknown): RegistryError {
  const is = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError('STORE_UNAVAILABLE', `Cannot ${what}: ${is}`, {
    cause,
    outcome: 'not-applied',
    retryAfterSeconds: 5,
  });
}
