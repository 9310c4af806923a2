import { POSITION_HEADER } from '#http/consistency';
import { encodeCursor } from '#http/cursor';

/** One page of a list, as its answer describes it. */
export interface PageAnswer {
  /** The address of the list, without its query. */
  readonly path: string;
  /** What was asked for. Texts, numbers and lists of texts are asked for again. */
  readonly query: Readonly<Record<string, unknown>>;
  /** The position that the page shows. */
  readonly asOf: number;
  /** Where the page ended; absent on the last one. */
  readonly next: object | undefined;
}

/** Says which position a page shows, and where the next one is: at the same moment, so that nothing is missed or twice. */
export function pageHeaders({ path, query, asOf, next }: PageAnswer): Record<string, string> {
  const headers = { [POSITION_HEADER]: String(asOf) };
  if (next === undefined) return headers;
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      if (typeof one === 'string' || typeof one === 'number') search.append(key, `${one}`);
  }
  search.set('at', String(asOf));
  search.set('cursor', encodeCursor(next));
  return { ...headers, Link: `<${path}?${search.toString()}>; rel="next"` };
}
