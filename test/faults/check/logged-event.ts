import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { everyMessage } from '#cluster/read-back';
import { decodeEvent } from '#log/codec';
import type { EventLog } from '#log/event-log';
import { parseSubject } from '#log/subjects';

/** One event of the log as the checks need it. */
export interface LoggedEvent {
  readonly position: number;
  readonly subject: string;
  readonly id: string;
  readonly command: string;
  readonly type: string;
  readonly hash: string;
  readonly previousHash: string | undefined;
  /** What the event settles, for those that settle something: a name and what it is from now on. */
  readonly settles:
    | { readonly kind: 'register' | 'publish'; readonly key: string; readonly value: string }
    | undefined;
}

/** Reads a whole log, in order. */
export async function readLogged(log: EventLog): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for await (const message of everyMessage(log)) {
    const { event, metadata, hash } = decodeEvent(message);
    events.push({
      position: message.position,
      subject: message.subject,
      id: metadata.id,
      command: metadata.commandId,
      type: event.type,
      hash,
      previousHash: metadata.previousHash,
      settles: settledBy(message.subject, event),
    });
  }
  return events;
}

function settledBy(
  subject: string,
  { type, data }: { readonly type: string; readonly data: object },
): LoggedEvent['settles'] {
  const { id } = parseSubject(subject);
  if (type === 'DatasetRegistered') {
    const { manifest } = data as { manifest: { schemaFingerprint: string } };
    return { kind: 'register', key: id, value: manifest.schemaFingerprint };
  }
  if (type !== 'ContractPublished') return undefined;
  const { bundle } = data as { bundle: { version: string; jsonSchema: string } };
  const { description } = JSON.parse(bundle.jsonSchema) as { description: string };
  return { kind: 'publish', key: `${id} ${bundle.version}`, value: description };
}

/** Keeps what was read, one line an event. */
export function writeLogged(path: string, events: readonly LoggedEvent[]): void {
  rmSync(path, { force: true });
  appendFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** Reads what `writeLogged` wrote. */
export function loadLogged(path: string): LoggedEvent[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LoggedEvent);
}
