import type { Sha256 } from '#domain/digest';
import type { Scope } from '#domain/scope';
import {
  type DocumentFilter,
  type DocumentKey,
  type DocumentPage,
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

type Place = Pick<DocumentKey, 'name' | 'orderKey'>;

/** Which documents a folder holds, in memory: by key, and by term in the order of lists. */
export class DocumentIndex {
  readonly #byKey = new Map<string, IndexedDocument>();
  readonly #lists = new Map<string, IndexedDocument[]>();
  #sum = 0n;

  constructor(documents: readonly IndexedDocument[]) {
    for (const document of documents) {
      this.#byKey.set(keyText(document), document);
      this.#sum ^= toNumber(document);
      for (const list of this.#listsOf(document)) list.push(document);
    }
    for (const list of this.#lists.values()) list.sort(inOrder);
  }

  get sum(): FolderSum {
    return { count: this.#byKey.size, sum: toHex(this.#sum) };
  }

  /** Gives the sum as it will be when documents are put. */
  sumAfter(documents: readonly IndexedDocument[]): FolderSum {
    let [count, sum] = [this.#byKey.size, this.#sum];
    for (const document of documents) {
      const before = this.#byKey.get(keyText(document));
      if (before === undefined) count += 1;
      else sum ^= toNumber(before);
      sum ^= toNumber(document);
    }
    return { count, sum: toHex(sum) };
  }

  get(key: DocumentKey): IndexedDocument | undefined {
    return this.#byKey.get(keyText(key));
  }

  /** Puts a document in the place of the one with its key. */
  put(document: IndexedDocument): void {
    const before = this.get(document);
    if (before !== undefined) {
      this.#sum ^= toNumber(before);
      for (const list of this.#listsOf(before)) list.splice(placeIn(list, before), 1);
    }
    this.#sum ^= toNumber(document);
    this.#byKey.set(keyText(document), document);
    for (const list of this.#listsOf(document)) list.splice(placeIn(list, document), 0, document);
  }

  /** Finds the documents of a page. */
  page(scope: Scope, page: DocumentPage): readonly IndexedDocument[] {
    const { kind, all, any, limit } = page;
    if (any === undefined) return take(this.#matches(page, this.#shortest(scope, page)), limit);
    const parts = any.map((term) => this.#list(scope, kind, term));
    // Each term alone fills the page at most: so no more of it is looked at.
    const found = parts.flatMap((list) => take(this.#matches({ ...page, all }, list), limit));
    return [...new Set(found)].toSorted(inOrder).slice(0, limit);
  }

  /** Finds the document of the highest rank of the first name. */
  highest(scope: Scope, filter: DocumentFilter): IndexedDocument | undefined {
    let best: IndexedDocument | undefined;
    for (const one of this.#matches(filter, this.#shortest(scope, filter))) {
      if (best !== undefined && one.name !== best.name) break;
      if (best === undefined || one.rank > best.rank) best = one;
    }
    return best;
  }

  /** Gives all documents in the order of the digest. */
  all(): readonly IndexedDocument[] {
    return [...this.#byKey.values()].toSorted(
      (a, b) => compare(ownerOf(a), ownerOf(b)) || inOrder(a, b),
    );
  }

  /** Walks a list from where a page begins. */
  *#matches(
    { name, all, after }: DocumentFilter & Partial<Pick<DocumentPage, 'after'>>,
    list: readonly IndexedDocument[],
  ): Generator<IndexedDocument> {
    const first = name === undefined ? undefined : { name, orderKey: '' };
    const from = [first, after]
      .filter((place) => place !== undefined)
      .toSorted(inOrder)
      .at(-1);
    for (let at = from === undefined ? 0 : placeIn(list, from); at < list.length; at += 1) {
      const one = list[at];
      if (one === undefined || (name !== undefined && one.name !== name)) return;
      const isBehind = after === undefined || inOrder(one, after) > 0;
      if (isBehind && all.every((term) => one.terms.includes(term))) yield one;
    }
  }

  #shortest(scope: Scope, { kind, all }: DocumentFilter): readonly IndexedDocument[] {
    const lists = all.map((term) => this.#list(scope, kind, term));
    return lists.toSorted((a, b) => a.length - b.length)[0] ?? this.#list(scope, kind, '');
  }

  #list(scope: Scope, kind: string, term: string): readonly IndexedDocument[] {
    return this.#lists.get(listKey(scope, kind, term)) ?? [];
  }

  #listsOf({ scope, kind, terms }: IndexedDocument): readonly IndexedDocument[][] {
    // No term is empty: that is the list of all.
    return ['', ...terms].map((term) => {
      const key = listKey(scope, kind, term);
      const list = this.#lists.get(key) ?? [];
      this.#lists.set(key, list);
      return list;
    });
  }
}

function listKey({ tenant, environment }: Scope, kind: string, term: string): string {
  return `${tenant}/${environment}/${kind}/${term}`;
}

/** Finds the first place that is not before the one that is looked for. */
function placeIn(list: readonly Place[], place: Place): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = list[middle];
    if (one !== undefined && inOrder(one, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function take(found: Iterable<IndexedDocument>, limit: number): readonly IndexedDocument[] {
  const taken: IndexedDocument[] = [];
  for (const one of found) {
    taken.push(one);
    if (taken.length === limit) break;
  }
  return taken;
}

function ownerOf({ scope, kind }: IndexedDocument): string {
  // "!" is below all that tenants and environments may have, as the end of a text is.
  return `${scope.tenant}!${scope.environment}!${kind}`;
}

function inOrder(a: Place, b: Place): number {
  return compare(a.name, b.name) || compare(a.orderKey, b.orderKey);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function toNumber({ sha256 }: IndexedDocument): bigint {
  return BigInt(`0x${sha256}`);
}

function toHex(sum: bigint): string {
  return sum.toString(16).padStart(64, '0');
}
