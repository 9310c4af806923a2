import { setImmediate } from 'node:timers/promises';
import type { LineageFault } from '#lineage/lineage-fault';
import {
  type LineageRead,
  type ReadLineageOptions,
  readLineageEvent,
} from '#lineage/read-lineage-event';
import {
  type JsonArrayItems,
  splitJsonArray,
  splitJsonArrayInTurns,
} from '#lineage/split-json-array';

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
  const texts = batchOf(splitJsonArray(text, options.eventsMax), options);
  if (texts.kind === 'refused') return texts;
  return { kind: 'batch', items: texts.items.map((item, index) => readItem(item, index, options)) };
}

// To read so much takes some ten milliseconds.
const UNITS_PER_TURN = 262_144;

/** Reads a batch as `readLineageBatch` does, and lets others have their turn in long texts and every few events. */
export async function readLineageBatchInTurns(
  text: string,
  options: ReadLineageBatchOptions,
): Promise<LineageBatch> {
  const texts = batchOf(await splitJsonArrayInTurns(text, options.eventsMax), options);
  if (texts.kind === 'refused') return texts;
  const items: LineageBatchItem[] = [];
  let units = 0;
  for (const [index, item] of texts.items.entries()) {
    items.push(readItem(item, index, options));
    units += item.length;
    if (units < UNITS_PER_TURN) continue;
    units = 0;
    await setImmediate();
  }
  return { kind: 'batch', items };
}

function readItem(text: string, index: number, options: ReadLineageBatchOptions): LineageBatchItem {
  return Object.assign({ index }, readLineageEvent(text, options));
}

function batchOf(split: JsonArrayItems, { eventsMax }: ReadLineageBatchOptions) {
  if (split.kind !== 'refused') return split;
  const message = `Cannot read lineage batch: ${split.is} (want a JSON array of at most ${eventsMax} events)`;
  return { kind: 'refused' as const, faults: [{ rule: split.rule, path: '', message }] };
}
