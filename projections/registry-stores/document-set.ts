import type { Sha256 } from '#domain/digest';
import {
  type DocumentKey,
  keyText,
  type StoredDocument,
} from '#projections/registry-stores/document-backend';

/** Everything about a document that lies in a file but its text. */
export interface IndexedDocument extends Omit<StoredDocument, 'text'> {
  readonly textSha256: Sha256;
  /** Of the whole file. */
  readonly sha256: Sha256;
}

/** How many files there are and the exclusive or of their digests: what a folder must come to. */
export interface FolderSum {
  readonly count: number;
  /** 64 hexadecimal digits. */
  readonly sum: string;
}

/** A document's place among those of its scope and kind. */
export type DocumentPlace = Pick<DocumentKey, 'name' | 'orderKey'>;

/** The documents of a folder by key, and what their files come to. */
export class DocumentSet {
  readonly #byKey = new Map<string, IndexedDocument>();
  #sum = 0n;

  constructor(documents: readonly IndexedDocument[]) {
    for (const document of documents) this.put(document);
  }

  get sum(): FolderSum {
    return { count: this.#byKey.size, sum: toHex(this.#sum) };
  }

  /** Gives the sum as it will be when documents are put. */
  sumAfter(documents: readonly IndexedDocument[]): FolderSum {
    let [count, sum] = [this.#byKey.size, this.#sum];
    for (const document of documents) {
      const before = this.get(document);
      if (before === undefined) count += 1;
      else sum ^= toNumber(before);
      sum ^= toNumber(document);
    }
    return { count, sum: toHex(sum) };
  }

  get(key: DocumentKey): IndexedDocument | undefined {
    return this.#byKey.get(keyText(key));
  }

  /** Puts a document in the place of the one with its key, and gives that one. */
  put(document: IndexedDocument): IndexedDocument | undefined {
    const key = keyText(document);
    const before = this.#byKey.get(key);
    if (before !== undefined) this.#sum ^= toNumber(before);
    this.#sum ^= toNumber(document);
    this.#byKey.set(key, document);
    return before;
  }

  /** Gives all documents in the order of the digest. */
  all(): readonly IndexedDocument[] {
    return [...this.#byKey.values()].toSorted(
      (a, b) => compareText(ownerOf(a), ownerOf(b)) || inOrder(a, b),
    );
  }
}

/** Compares documents of one scope and kind by name, and by order key within a name. */
export function inOrder(a: DocumentPlace, b: DocumentPlace): number {
  return compareText(a.name, b.name) || compareText(a.orderKey, b.orderKey);
}

/** Compares texts by their code units, which for ASCII is the order of every backend. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function ownerOf({ scope, kind }: IndexedDocument): string {
  // "!" is below all that tenants and environments may have, as the end of a text is.
  return `${scope.tenant}!${scope.environment}!${kind}`;
}

function toNumber({ sha256 }: IndexedDocument): bigint {
  return BigInt(`0x${sha256}`);
}

function toHex(sum: bigint): string {
  return sum.toString(16).padStart(64, '0');
}
