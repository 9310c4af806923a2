import type { NatsConnection } from 'nats';
import type { Manifest } from '#domain/dataset';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import type { CommandId, DomainEvent, EventHash, EventId, Kind, NewEvent } from '#domain/event';
import { parseJobRunId } from '#domain/job-run';
import { START, toPosition } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { newId } from '#flow/new-id';
import { AppendChannel } from '#log/append-channel';
import { decodeAttributes, encodeEvent, hashEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import type { StreamName } from '#log/streams';
import { subjectOf } from '#log/subjects';

// Publishes under way at a time: more and the broker refuses some.
const WINDOW = 2_000;

/** One event of a history to be written. */
interface Fact {
  readonly kind: Kind;
  readonly id: string;
  readonly event: DomainEvent;
}

/** A stream that is being filled. */
export interface Filling {
  /** Writes on until there are so many events. */
  to(count: number): Promise<void>;
  close(): void;
}

/** Fills the stream of datasets: every dataset is registered, then datasets in turn get new objects. */
export async function fillDatasets(
  nc: NatsConnection,
  { datasets, events }: { readonly datasets: number; readonly events: number },
): Promise<void> {
  const filling = beginDatasets(nc, datasets);
  await filling.to(events);
  filling.close();
}

/** The same, for a stream that goes on being filled later. */
export function beginDatasets(nc: NatsConnection, datasets: number): Filling {
  return beginFill(nc, 'REGISTRY', (index) => {
    // A step that shares no factor with the count visits all, far from their order.
    const number = (index * 7_919) % datasets;
    const name = parseDatasetName(`bench/d${String(number).padStart(8, '0')}/x`);
    const manifest: Manifest = {
      datasetId: datasetIdOf(DEFAULT_SCOPE, name),
      name,
      schemaFingerprint: `sha256:${sha256Of('schema')}`,
      objects: [{ key: 'data.sqlite', sha256: sha256Of(String(index)), bytes: 123_456 }],
      rowCount: index,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
      status: 'registered',
    };
    const type = index < datasets ? 'DatasetRegistered' : 'DatasetObjectsReplaced';
    return { kind: 'dataset', id: name, event: { type, data: { manifest } } };
  });
}

/** Fills the stream of job runs: each starts, and ends when so many others have started. */
export async function fillJobRuns(
  nc: NatsConnection,
  { runs, open }: { readonly runs: number; readonly open: number },
): Promise<void> {
  const ids = Array.from({ length: runs }, () => parseJobRunId(newId()));
  const started = (run: number): DomainEvent => ({
    type: 'JobRunStarted',
    data: {
      run: {
        id: ids[run] ?? '',
        job: `load-${run % 50}`,
        kind: 'load',
        inputs: ['110/homo_sapiens/GRCh38'],
        submittedBy: 'scheduler',
        metadata: { attempt: '1', cluster: 'eu-west' },
      },
    },
  });
  const finished = (run: number): DomainEvent => ({
    type: 'JobRunFinished',
    data: { end: { outcome: 'succeeded', counts: { rows: run }, message: 'done' } },
  });
  const order = Array.from({ length: runs + open }, (_, i) => [
    ...(i < runs ? [{ run: i, event: started(i) }] : []),
    ...(i >= open ? [{ run: i - open, event: finished(i - open) }] : []),
  ]).flat();
  const filling = beginFill(nc, 'JOBS', (index) => {
    const step = order[index];
    if (step === undefined) throw new RangeError(`no step ${index}`);
    return { kind: 'job-run', id: ids[step.run] ?? '', event: step.event };
  });
  await filling.to(order.length);
  filling.close();
}

/** Writes a history to an empty stream as the commands would, with compare-and-set and the chain of hashes. */
function beginFill(
  nc: NatsConnection,
  stream: StreamName,
  factAt: (index: number) => Fact,
): Filling {
  const channel = new AppendChannel({ nc, stream, timeoutMs: 30_000 });
  const heads = new Map<string, { readonly hash: EventHash; readonly position: number }>();
  const requestFingerprint = sha256Of('request');
  const publish = async (index: number): Promise<void> => {
    const { kind, id, event } = factAt(index);
    const subject = subjectOf({ scope: DEFAULT_SCOPE, kind, id });
    const head = heads.get(subject);
    const fact: NewEvent = {
      event,
      metadata: {
        id: newId() as EventId,
        time: new Date(Date.UTC(2026, 0, 1) + index).toISOString(),
        commandId: newId() as CommandId,
        requestFingerprint,
        actor: 'anonymous',
        previousHash: head?.hash,
      },
    };
    const encoded = encodeEvent(subject, fact);
    const header = Buffer.from(
      `NATS/1.0\r\n${encoded.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
    const position = toPosition(index + 1);
    const data = encoded.body;
    const message: StoredMessage = { position, subject, recordedAtMs: 0, header, data };
    heads.set(subject, {
      hash: hashEvent(message, decodeAttributes(message)),
      position: index + 1,
    });
    const expected = toPosition(head?.position ?? START);
    const reply = await channel.publish({ subject, expected, encoded });
    if (reply.kind !== 'stored' || reply.position !== index + 1)
      throw new Error(`Cannot fill ${stream}: event ${index} got ${JSON.stringify(reply)}`);
  };
  let written = 0;
  return {
    async to(count) {
      while (written < count) {
        const length = Math.min(WINDOW, count - written);
        await Promise.all(Array.from({ length }, (_, i) => publish(written + i)));
        written += length;
      }
    },
    close: () => channel.close(),
  };
}
