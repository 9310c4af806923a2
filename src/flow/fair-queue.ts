export interface FairQueueOptions {
  /** Items that may wait in all. */
  readonly itemsMax: number;
}

/** Whether an item has its place, and whose place it took. */
export type Queued<T> =
  | { readonly kind: 'queued'; readonly displaced: T | undefined }
  | { readonly kind: 'full' };

// Groups whose last turn is remembered. Who is forgotten comes first once.
const GROUPS_REMEMBERED_MAX = 10_000;

/**
 * Keeps items that wait in groups. The group that had no turn for longest comes first; within a group it is first come,
 * first served. When it is full, an item of a group that has clearly fewer takes the place of the last one of the group
 * that has most: whoever brings thousands neither delays others nor keeps them out.
 */
export class FairQueue<T> {
  readonly #options: FairQueueOptions;
  /** Only groups with items. */
  readonly #groups = new Map<string, Set<T>>();
  /** The number of the last turn of each group, the oldest first. */
  readonly #served = new Map<string, number>();
  #turns = 0;
  #size = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Items that wait now. */
  get size(): number {
    return this.#size;
  }

  /** Tells whether no other group has items. */
  isAlone(group: string): boolean {
    return this.#groups.size === 0 || (this.#groups.size === 1 && this.#groups.has(group));
  }

  /** Adds an item as the last one of its group. */
  add(group: string, item: T): Queued<T> {
    let displaced: T | undefined;
    if (this.#size >= this.#options.itemsMax) {
      displaced = this.#makeRoom(group);
      if (displaced === undefined) return { kind: 'full' };
    }
    const items = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, items.add(item));
    this.#size += 1;
    return { kind: 'queued', displaced };
  }

  /** Takes the item whose turn it is, of those groups that are wanted. */
  next(isWanted: (group: string) => boolean = () => true): T | undefined {
    let [chosen, oldest]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const group of this.#groups.keys()) {
      const turn = this.#served.get(group) ?? 0;
      if (turn < oldest && isWanted(group)) [chosen, oldest] = [group, turn];
    }
    if (chosen === undefined) return undefined;
    const [item] = this.#groups.get(chosen) ?? [];
    if (item !== undefined) this.#remove(chosen, item);
    this.note(chosen);
    return item;
  }

  /** Takes an item back. Gives whether it was there. */
  remove(group: string, item: T): boolean {
    return this.#groups.get(group)?.has(item) === true && this.#remove(group, item);
  }

  /** Takes every item back. */
  clear(): readonly T[] {
    const items = [...this.#groups.values()].flatMap((group) => Array.from(group));
    this.#groups.clear();
    this.#size = 0;
    return items;
  }

  /** Counts a turn that a group had, without waiting too. */
  note(group: string): void {
    this.#turns += 1;
    this.#served.delete(group);
    this.#served.set(group, this.#turns);
    if (this.#served.size <= GROUPS_REMEMBERED_MAX) return;
    const [oldest] = this.#served.keys();
    if (oldest !== undefined) this.#served.delete(oldest);
  }

  #remove(group: string, item: T): boolean {
    const items = this.#groups.get(group);
    items?.delete(item);
    if (items?.size === 0) this.#groups.delete(group);
    this.#size -= 1;
    return true;
  }

  #makeRoom(group: string): T | undefined {
    const own = this.#groups.get(group)?.size ?? 0;
    let longest: readonly [string, ReadonlySet<T>] | undefined;
    for (const entry of this.#groups) if (entry[1].size > (longest?.[1].size ?? 0)) longest = entry;
    // By more than one: two groups of the same length would push each other out for ever.
    if (longest === undefined || longest[1].size <= own + 1) return undefined;
    const last = [...longest[1]].at(-1);
    if (last !== undefined) this.#remove(longest[0], last);
    return last;
  }
}
