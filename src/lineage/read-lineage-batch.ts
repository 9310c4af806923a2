import type { LineageFault } from '#lineage/lineage-fault';
import {
  type LineageRead,
  type ReadLineageOptions,
  readLineageEvent,
} from '#lineage/read-lineage-event';
import { splitJsonArray } from '#lineage/split-json-array';

/** What became of one item of a batch; `index` counts from 0. */
export type LineageBatchItem = LineageRead & { readonly index: number };

/** Either what became of each item, or why the text is no batch at all. */
export type LineageBatch =
  | { readonly kind: 'batch'; readonly items: readonly LineageBatchItem[] }
  | { readonly kind: 'refused'; readonly faults: readonly LineageFault[] };

export interface ReadLineageBatchOptions extends ReadLineageOptions {
  readonly eventsMax: number;
}

/**
 * Reads a JSON array of events, each for itself: a wrong item never spoils the others, whatever is wrong within its
 * brackets. `bytesMax` bounds one item. Never throws.
 */
export function readLineageBatch(text: string, options: ReadLineageBatchOptions): LineageBatch {
  const split = splitJsonArray(text, options.eventsMax);
  if (split.kind === 'refused') {
    const message = `Cannot read lineage batch: ${split.is} (want a JSON array of at most ${options.eventsMax} events)`;
    return { kind: 'refused', faults: [{ rule: split.rule, path: '', message }] };
  }
  const items = split.items.map((item, index) =>
    Object.assign({ index }, readLineageEvent(item, options)),
  );
  return { kind: 'batch', items };
}
