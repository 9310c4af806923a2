import type { Sha256 } from '#domain/digest';

/** Gives the path of an artifact in any store: `artifacts/sha256/<two digits>/<digest>`. */
export function artifactPath(sha256: Sha256): string {
  return `artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
}
