import type { Scope } from '#domain/scope';
import type { DocumentFilter, DocumentPage } from '#projections/registry-stores/document-backend';
import type { FolderIndex } from '#projections/registry-stores/document-folder';
import {
  type DocumentPlace,
  DocumentSet,
  type IndexedDocument,
  inOrder,
} from '#projections/registry-stores/document-set';

/** Which documents a folder holds, in memory: by key, and by term in the order of lists. */
export class DocumentIndex implements FolderIndex {
  readonly documents: DocumentSet;
  readonly #lists = new Map<string, IndexedDocument[]>();

  constructor(documents: readonly IndexedDocument[]) {
    this.documents = new DocumentSet(documents);
    for (const document of documents)
      for (const list of this.#listsOf(document)) list.push(document);
    for (const list of this.#lists.values()) list.sort(inOrder);
  }

  put(document: IndexedDocument): void {
    const before = this.documents.put(document);
    if (before !== undefined)
      for (const list of this.#listsOf(before)) list.splice(placeIn(list, before), 1);
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
function placeIn(list: readonly DocumentPlace[], place: DocumentPlace): number {
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
