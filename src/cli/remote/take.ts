/** The first of many, and whether there are more. */
export interface Taken<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

interface MaybeMore {
  readonly items: { readonly length: number };
  readonly hasMore: boolean;
}

/** Takes as many as are wanted. */
export async function take<T>(items: AsyncIterable<T>, max: number): Promise<Taken<T>> {
  const taken: T[] = [];
  for await (const item of items) {
    if (taken.length === max) return { items: taken, hasMore: true };
    taken.push(item);
  }
  return { items: taken, hasMore: false };
}

/** The line that stands under a list which is longer than what was shown. */
export function moreLine({ items, hasMore }: MaybeMore): string {
  return hasMore ? `There are more than these ${items.length}: see --limit\n` : '';
}
