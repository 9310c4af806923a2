import { setImmediate } from 'node:timers/promises';
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

// To read so much takes some ten milliseconds.
const UNITS_PER_TURN = 262_144;

/**
 * Reads a JSON array of events, each for itself: a wrong item never spoils the others, whatever is wrong within its
 * brackets. `bytesMax` bounds one item. Lets others have their turn in long texts and every few events. Never throws.
 */
export async function readLineageBatch(
  text: string,
  options: ReadLineageBatchOptions,
): Promise<LineageBatch> {
  const { eventsMax } = options;
  const split = await splitJsonArray(text, eventsMax);
  if (split.kind === 'refused') {
    const message = `Cannot read lineage batch: ${split.is} (want a JSON array of at most ${eventsMax} events)`;
    return { kind: 'refused', faults: [{ rule: split.rule, path: '', message }] };
  }
  const items: LineageBatchItem[] = [];
  let units = 0;
  for (const [index, item] of split.items.entries()) {
    items.push(Object.assign({ index }, readLineageEvent(item, options)));
    units += item.length;
    if (units < UNITS_PER_TURN) continue;
    units = 0;
    await setImmediate();
  }
  return { kind: 'batch', items };
}
