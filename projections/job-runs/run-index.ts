import { parseJobRunId } from '#domain/job-run';
import type { Scope } from '#domain/scope';
import type { Condition } from '#projections/job-runs/run-filter';
import type { RunRef } from '#projections/job-runs/run-queue';
import { keyText } from '#projections/registry-stores/document-backend';
import type { FolderIndex } from '#projections/registry-stores/document-folder';
import {
  compareText,
  DocumentSet,
  type IndexedDocument,
} from '#projections/registry-stores/document-set';
import { type RunTermKind, termOf } from '#projections/registry-stores/document-terms';

/** A time by which runs are waited for. */
type RunTime = 'deadline_at' | 'due_at';

/** Which runs a folder holds, in memory: by key, by what lists ask for with the newest first, and by when they are due. */
export class RunIndex implements FolderIndex {
  readonly documents: DocumentSet;
  readonly #lists = new Map<string, IndexedDocument[]>();
  /** Of the few that wait for somebody. */
  readonly #timed: Readonly<Record<RunTime, Map<string, IndexedDocument>>> = {
    deadline_at: new Map(),
    due_at: new Map(),
  };

  constructor(documents: readonly IndexedDocument[]) {
    this.documents = new DocumentSet(documents);
    for (const document of documents) {
      for (const list of this.#listsOf(document)) list.push(document);
      this.#time(document);
    }
    for (const list of this.#lists.values()) list.sort(newestFirst);
  }

  put(document: IndexedDocument): void {
    const before = this.documents.put(document);
    if (before !== undefined)
      for (const list of this.#listsOf(before)) list.splice(placeOf(list, before), 1);
    for (const list of this.#listsOf(document)) list.splice(placeOf(list, document), 0, document);
    this.#time(document);
  }

  /** Finds the runs of a page, the newest first. The conditions name the list. */
  page(scope: Scope, conditions: readonly Condition[], limit: number): readonly IndexedDocument[] {
    const own = conditions.filter(({ columns }) => !SCOPE_COLUMNS.has(columns[0]));
    const terms = own.flatMap((condition) => termsOf(condition));
    const bounds = own.filter(({ operator }) => operator !== '=');
    const found: IndexedDocument[] = [];
    const list = this.#shortest(scope, terms);
    for (let at = startIn(list, bounds); at < list.length && found.length < limit; at += 1) {
      const one = list[at];
      if (one === undefined || bounds.some((bound) => !isWithin(one, bound))) break;
      if (terms.every((term) => one.terms.includes(term))) found.push(one);
    }
    return found;
  }

  /** Names the runs that are due at a time, those that have waited longest first. */
  due(column: RunTime, now: string, limit: number): readonly RunRef[] {
    const waiting = [...this.#timed[column].values()].map((run) => ({
      run,
      at: timeOf(run, column),
    }));
    return waiting
      .filter(({ at }) => at <= now)
      .toSorted((a, b) => compareText(a.at, b.at))
      .slice(0, limit)
      .map(({ run: { scope, id } }) => ({ scope, id: parseJobRunId(id) }));
  }

  #time(document: IndexedDocument): void {
    const key = keyText(document);
    for (const column of TIMES) {
      if (timeOf(document, column) === '') this.#timed[column].delete(key);
      else this.#timed[column].set(key, document);
    }
  }

  #shortest(scope: Scope, terms: readonly string[]): readonly IndexedDocument[] {
    const lists = terms.map((term) => this.#lists.get(listKey(scope, term)) ?? []);
    return lists.toSorted((a, b) => a.length - b.length)[0] ?? [];
  }

  #listsOf({ scope, terms }: IndexedDocument): readonly IndexedDocument[][] {
    return terms
      .filter((term) => !TIMES.some((column) => term.startsWith(`${column}:`)))
      .map((term) => {
        const key = listKey(scope, term);
        const list = this.#lists.get(key) ?? [];
        this.#lists.set(key, list);
        return list;
      });
  }
}

const TIMES: readonly RunTime[] = ['deadline_at', 'due_at'];
const SCOPE_COLUMNS: ReadonlySet<string | undefined> = new Set(['tenant', 'environment']);

function listKey({ tenant, environment }: Scope, term: string): string {
  return `${tenant}/${environment}/${term}`;
}

function termsOf({ columns: [column], operator, values: [value] }: Condition): readonly string[] {
  if (operator !== '=' || column === undefined || value === undefined) return [];
  return [termOf(column as RunTermKind, value)];
}

/** Gives a time of a run; empty where it has none. */
function timeOf({ terms }: IndexedDocument, column: RunTime): string {
  const start = `${column}:`;
  return terms.find((term) => term.startsWith(start))?.slice(start.length) ?? '';
}

/** Finds the first place that every upper bound allows. */
function startIn(list: readonly IndexedDocument[], bounds: readonly Condition[]): number {
  const upper = bounds.filter(({ operator }) => operator === '<');
  return firstPlace(list, (one) => upper.every((bound) => isWithin(one, bound)));
}

function isWithin(one: IndexedDocument, { operator, values }: Condition): boolean {
  const order = compareTo(one, values);
  return operator === '<' ? order < 0 : order >= 0;
}

/** Compares a run with a time, or with a time and an id. */
function compareTo({ rank, orderKey }: IndexedDocument, values: readonly string[]): number {
  const [time = '', id] = values;
  const order = compareText(rank, time);
  return order !== 0 || id === undefined ? order : compareText(orderKey, id);
}

function placeOf(list: readonly IndexedDocument[], document: IndexedDocument): number {
  return firstPlace(list, (one) => newestFirst(one, document) >= 0);
}

/** Finds the first place for which something holds that holds for all behind it. */
function firstPlace(
  list: readonly IndexedDocument[],
  holds: (one: IndexedDocument) => boolean,
): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = list[middle];
    if (one === undefined || holds(one)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The kind last: a run of this registry and a reported one may have one id.
function newestFirst(a: IndexedDocument, b: IndexedDocument): number {
  return (
    compareText(b.rank, a.rank) ||
    compareText(b.orderKey, a.orderKey) ||
    compareText(a.kind, b.kind)
  );
}
