import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import type { CommandId, EventHash, EventId, Kind, NewEvent } from '#domain/event';
import { DEFAULT_SCOPE } from '#domain/scope';
import { newId } from '#flow/new-id';
import { type Subject, subjectOf } from '#log/subjects';

/** Makes the subject of a dataset in the default scope. */
export function datasetSubject(name: string, kind: Kind = 'dataset'): Subject {
  return subjectOf({ scope: DEFAULT_SCOPE, kind, id: parseDatasetName(name) });
}

/** Makes an event with ids of its own. The type and data mean nothing to the log. */
export function someEvent(overrides: SomeEvent = {}): NewEvent {
  return {
    event: { type: overrides.type ?? 'SomethingHappened', data: overrides.data ?? { value: 1 } },
    metadata: {
      id: (overrides.id ?? newId()) as EventId,
      time: '2026-01-02T03:04:05.678Z',
      commandId: (overrides.commandId ?? newId()) as CommandId,
      requestFingerprint: sha256Of('request'),
      actor: overrides.actor ?? 'tester',
      ...(overrides.requestId === undefined ? {} : { requestId: overrides.requestId }),
      previousHash: overrides.previousHash,
    },
  };
}

export interface SomeEvent {
  readonly type?: string;
  readonly data?: NewEvent['event']['data'];
  readonly id?: string;
  readonly commandId?: string;
  readonly actor?: string;
  readonly requestId?: string;
  readonly previousHash?: EventHash;
}
