import type { ArtifactFiles } from '#cache/artifact-files';
import type { ClaimsFile } from '#cache/claims-file';
import type { Claim, Ledger } from '#cache/ledger';
import type { Sha256 } from '#domain/digest';

export interface AdoptOptions {
  readonly files: ArtifactFiles;
  readonly claims: ClaimsFile;
  readonly ledger: Ledger;
}

/**
 * Takes up the files of an earlier process without reading them, in the order in which it used them; those it did not know of
 * come first. Files whose size is not the one that it knew are removed. Half files and damaged ones are gone afterwards.
 */
export async function adoptFiles({ files, claims, ledger }: AdoptOptions): Promise<void> {
  await files.removeLeftovers();
  const known = new Map<Sha256, Claim>();
  for (const claim of await claims.read()) known.set(claim.sha256, claim);
  const rank = new Map([...known.keys()].map((sha256, index) => [sha256, index]));
  const place = ({ sha256 }: { readonly sha256: Sha256 }): number => rank.get(sha256) ?? -1;
  for (const { sha256, bytes } of (await files.list()).toSorted((a, b) => place(a) - place(b))) {
    const claim = known.get(sha256);
    if (claim !== undefined && claim.bytes !== bytes) await files.remove(sha256);
    else ledger.adopt({ sha256, path: files.pathOf(sha256), bytes }, claim);
  }
}
