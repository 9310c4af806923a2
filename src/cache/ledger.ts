import type { CachedFile } from '#cache/cached-file';
import type { ServedDataset } from '#cache/served-dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { Sha256 } from '#domain/digest';
import type { Clock } from '#flow/clock';
import type { ArtifactRef } from '#stores/store';

/** What a file is to its dataset: its artifact, a shard of it, or the list of its shards. */
export type FileKind = 'artifact' | 'shard' | 'shard-list';

/** A file that somebody wants, and for which dataset. */
export interface Wanted {
  readonly dataset: ServedDataset;
  readonly ref: ArtifactRef;
  readonly kind: FileKind;
}

/** A file in service. */
export interface KeptFile {
  readonly file: CachedFile;
  kind: FileKind;
  /** The keys of the datasets that use it; none for a file of an earlier process that nobody has asked for. */
  readonly users: Set<string>;
  /** Its datasets have newer files. */
  isOrphan: boolean;
  /** When its bytes were last known to be right; `undefined` for a file of an earlier process. */
  verifiedMs: number | undefined;
  usedMs: number;
  order: number;
  openFailures: number;
  /** Set while its bytes are checked because of a report: nobody gets it meanwhile. */
  suspicion: Promise<void> | undefined;
}

/** Which files a dataset uses. */
export interface DatasetUse {
  readonly scope: string;
  readonly name: DatasetName;
  artifact: Sha256 | undefined;
  readonly parts: Set<Sha256>;
  /** As it was last asked for; `undefined` when that was before this process. */
  served: ServedDataset | undefined;
}

/** A file with its users, as it is remembered over a restart. */
export interface Claim {
  readonly sha256: Sha256;
  readonly bytes: number;
  readonly kind: FileKind;
  readonly users: readonly { readonly scope: string; readonly name: DatasetName }[];
}

/** Gives what tells datasets of all scopes apart. */
export function datasetKey({ scope, name }: Pick<ServedDataset, 'scope' | 'name'>): string {
  return `${scope} ${name}`;
}

export interface LedgerOptions {
  readonly clock: Clock;
  /** Hears when a claim has changed, not of every use. */
  readonly onChange: () => void;
  /** Hears, in the middle of a change, that nobody uses some file any more. */
  readonly onOrphan: () => void;
}

/** Knows which files are in service, which datasets use them, and which was used when. No I/O. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #files = new Map<Sha256, KeptFile>();
  readonly #uses = new Map<string, DatasetUse>();
  #order = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** The files in service, the one that was not used for longest first. */
  get files(): readonly KeptFile[] {
    return [...this.#files.values()].toSorted((a, b) => a.order - b.order);
  }

  get(sha256: Sha256): KeptFile | undefined {
    return this.#files.get(sha256);
  }

  /** Takes a file into service; it counts as used now. */
  add(file: CachedFile, kind: FileKind, verifiedMs: number | undefined): KeptFile {
    const kept: KeptFile = {
      file,
      kind,
      users: new Set(),
      isOrphan: false,
      verifiedMs,
      usedMs: 0,
      order: 0,
      openFailures: 0,
      suspicion: undefined,
    };
    this.touch(kept);
    this.#files.set(file.sha256, kept);
    this.#options.onChange();
    return kept;
  }

  /** Takes a file of an earlier process into service, with its users. */
  adopt(file: CachedFile, claim: Claim | undefined): void {
    const kept = this.add(file, claim?.kind ?? 'artifact', undefined);
    for (const user of claim?.users ?? []) {
      const key = datasetKey(user);
      const use = this.#useOf(key, user);
      kept.users.add(key);
      // Of two that were claimed, as in the middle of a replacement, the one used last is the newer.
      if (kept.kind === 'artifact') this.#replaceArtifact(key, use, kept);
      else use.parts.add(file.sha256);
    }
  }

  /** Takes a file out of service. */
  remove(kept: KeptFile): void {
    const { sha256 } = kept.file;
    if (this.#files.get(sha256) !== kept) return;
    this.#files.delete(sha256);
    for (const key of kept.users) {
      const use = this.#uses.get(key);
      if (use?.artifact === sha256) use.artifact = undefined;
      use?.parts.delete(sha256);
      if (use?.artifact === undefined && use?.parts.size === 0) this.#uses.delete(key);
    }
    this.#options.onChange();
  }

  /** Counts a use. */
  touch(kept: KeptFile): void {
    this.#order += 1;
    kept.order = this.#order;
    kept.usedMs = this.#options.clock.monotonicMs();
  }

  /** Makes a dataset use a file instead of what it used in its place. Files that nobody uses any more become orphans. */
  claim(kept: KeptFile, { dataset, kind }: Wanted): void {
    const key = datasetKey(dataset);
    const use = this.#useOf(key, dataset);
    if (use.served === dataset && kept.users.has(key)) return;
    if (kind === 'artifact' || kept.users.size === 0) kept.kind = kind;
    kept.users.add(key);
    kept.isOrphan = false;
    if (kind === 'artifact') this.#replaceArtifact(key, use, kept);
    else use.parts.add(kept.file.sha256);
    if (use.served !== dataset) this.#dropStrangers(key, use, dataset);
    use.served = dataset;
    this.#options.onChange();
  }

  /** The artifact that a dataset uses, whichever it is. */
  artifactOf(dataset: Pick<ServedDataset, 'scope' | 'name'>): KeptFile | undefined {
    const sha256 = this.#uses.get(datasetKey(dataset))?.artifact;
    return sha256 === undefined ? undefined : this.#files.get(sha256);
  }

  /** The datasets that use a file, sorted by scope and name. */
  usesOf({ users }: KeptFile): readonly DatasetUse[] {
    return [...users].toSorted().flatMap((key) => this.#uses.get(key) ?? []);
  }

  /** Takes an artifact's shards and lists from its datasets. Gives those that nobody uses any more. */
  detachParts(kept: KeptFile): readonly KeptFile[] {
    if (kept.kind !== 'artifact') return [];
    const orphans: KeptFile[] = [];
    for (const key of kept.users) {
      const parts = this.#uses.get(key)?.parts ?? new Set<Sha256>();
      for (const sha256 of parts) orphans.push(...this.#drop(key, sha256));
      parts.clear();
    }
    return orphans;
  }

  /** What is to be remembered over a restart, in the order of use. */
  claims(): readonly Claim[] {
    return this.files.map((kept) => ({
      sha256: kept.file.sha256,
      bytes: kept.file.bytes,
      kind: kept.kind,
      users: this.usesOf(kept).map(({ scope, name }) => ({ scope, name })),
    }));
  }

  #useOf(key: string, { scope, name }: Pick<ServedDataset, 'scope' | 'name'>): DatasetUse {
    const known = this.#uses.get(key);
    if (known !== undefined) return known;
    const use = { scope, name, artifact: undefined, parts: new Set<Sha256>(), served: undefined };
    this.#uses.set(key, use);
    return use;
  }

  #replaceArtifact(key: string, use: DatasetUse, { file }: KeptFile): void {
    if (use.artifact !== undefined && use.artifact !== file.sha256) this.#drop(key, use.artifact);
    use.artifact = file.sha256;
  }

  /** Parts of another version of the dataset; those that both have stay. */
  #dropStrangers(key: string, use: DatasetUse, { objects }: ServedDataset): void {
    const own = new Set(objects.map(({ sha256 }) => sha256));
    for (const sha256 of use.parts) {
      if (own.has(sha256)) continue;
      use.parts.delete(sha256);
      this.#drop(key, sha256);
    }
  }

  #drop(key: string, sha256: Sha256): readonly KeptFile[] {
    const kept = this.#files.get(sha256);
    kept?.users.delete(key);
    if (kept === undefined || kept.users.size > 0) return [];
    kept.isOrphan = true;
    this.#options.onOrphan();
    return [kept];
  }
}
