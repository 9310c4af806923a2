import type { Evolution } from '#domain/aggregate';
import type { JsonObject } from '#domain/canonical-json';
import { RegistryError } from '#domain/errors';
import type { DomainEvent } from '#domain/event';
import { unknownEventType } from '#domain/upcast';
import { foldLineage } from '#lineage/fold-lineage';
import type {
  LineageDatasetEvent,
  LineageEvent,
  LineageJobEvent,
  LineageRunEvent,
} from '#lineage/lineage-event';
import type { LineageRun } from '#lineage/lineage-run';
import { readLineageEvent } from '#lineage/read-lineage-event';

/** What the log holds of an event that was reported about a run: the document as it came. */
export interface LineageReceived {
  readonly type: 'LineageEventReceived';
  readonly data: { readonly event: JsonObject };
  /** The same, read. Not stored. */
  readonly read: LineageRunEvent;
}

/** What the log holds of a statement about a job or a dataset apart from any run. */
export interface LineageDocumentReceived {
  readonly type: 'LineageDocumentReceived';
  readonly data: { readonly event: JsonObject };
  /** The same, read. Not stored. */
  readonly read: LineageJobEvent | LineageDatasetEvent;
}

/** `undefined` until an event has come. */
export type LineageRunState = LineageRun | undefined;

/** A statement about a job or a dataset; `undefined` until it has come. */
export type LineageDocumentState =
  | {
      readonly kind: 'job' | 'dataset';
      readonly namespace: string;
      readonly name: string;
      readonly time: string;
      readonly document: JsonObject;
    }
  | undefined;

/** How a reported run changes, see `foldLineage`. */
export const lineageRunEvolution: Evolution<LineageRunState, LineageReceived> = {
  initial: undefined,
  evolve: (state, { read }) => foldLineage(state, read),
  parse(event) {
    if (event.type !== 'LineageEventReceived') throw unknownEventType('lineage-run', event.type);
    const read = readAgain(event);
    if (read.kind !== 'run') throw unreadable('is about no run');
    return { type: 'LineageEventReceived', data: { event: read.document }, read };
  },
};

/** A statement apart from runs is made once and stays. */
export const lineageDocumentEvolution: Evolution<LineageDocumentState, LineageDocumentReceived> = {
  initial: undefined,
  evolve(state, { read }) {
    if (state !== undefined) return state;
    const { namespace, name } = read.kind === 'job' ? read.job : read.dataset;
    return { kind: read.kind, namespace, name, time: read.time, document: read.document };
  },
  parse(event) {
    if (event.type !== 'LineageDocumentReceived')
      throw unknownEventType('lineage-document', event.type);
    const read = readAgain(event);
    if (read.kind === 'run') throw unreadable('is about a run');
    return { type: 'LineageDocumentReceived', data: { event: read.document }, read };
  },
};

/** Reads what was read before it was stored. @throws CORRUPT_EVENT */
function readAgain({ data }: DomainEvent): LineageEvent {
  const document = data['event'];
  if (document === undefined) throw unreadable('holds no document');
  const read = readLineageEvent(document, { isStored: true });
  if (read.kind === 'refused') throw unreadable(read.faults[0]?.message ?? 'is refused');
  return read.event;
}

function unreadable(is: string): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot read lineage event: ${is} (want what was stored)`,
  );
}
