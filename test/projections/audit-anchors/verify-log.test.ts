import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { toPosition } from '#domain/position';
import type { EventLog, StoredMessage } from '#log/event-log';
import { logWith } from '#log/log-with';
import { decodeAnchor, encodeAnchor } from '#projections/audit-anchors/anchor';
import { FileAnchors } from '#projections/audit-anchors/anchor-store';
import { verifyLog } from '#projections/audit-anchors/verify-log';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { anchorAll, auditKey, findingsOf, openFilePlace, verified } from '#test/support/audit-bed';
import { memoryLog } from '#test/support/command-env';
import { datasetSubject, someEvent } from '#test/support/events';
import { writeRegistryHistory } from '#test/support/history';
import { messagesOf } from '#test/support/projection-conformance';
import { seeded } from '#test/support/seed';
import { tempFolder } from '#test/support/temp';

const key = auditKey();
const EVENTS = 40;

/** A log with its anchors in a folder. */
async function anchoredLog() {
  const folder = tempFolder();
  const store = new FileAnchors(new LocalfsPublisher(folder.path).files);
  const log = memoryLog();
  await writeRegistryHistory(log, EVENTS, seeded(5));
  await anchorAll({ log, store, key, batchMax: 10, intervalMs: 1 });
  await writeRegistryHistory(log, EVENTS, seeded(6));
  await anchorAll({ log, store, key });
  const anchorPath = (sequence: number): string =>
    join(folder.path, `audit/REGISTRY/0/${String(sequence).padStart(10, '0')}.json`);
  return { log, store, folder, anchorPath, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** A log that holds other messages. */
function holding(log: EventLog, messages: readonly StoredMessage[]): EventLog {
  const last = messages.at(-1)?.position ?? toPosition(0);
  return logWith(log, {
    head: async () => ({ ...(await log.head()), last }),
    async *readRange({ after, upTo }) {
      yield messages.filter(({ position }) => position > after && position <= upTo);
    },
  });
}

function movedTo(message: StoredMessage, position: number): StoredMessage {
  return { ...message, position: toPosition(position) };
}

/** A message whose body is another one. */
function changed(message: StoredMessage): StoredMessage {
  const text = Buffer.from(message.data).toString('utf8');
  const rest = text === '{}' ? '}' : `,${text.slice(1)}`;
  return { ...message, data: Buffer.from(`{"forged":true${rest}`) };
}

describe('verifyLog()', () => {
  it('finds nothing in a log that is what was anchored, and goes on with what is not anchored yet', async () => {
    using bed = await anchoredLog();
    const { log, store } = bed;
    expect(findingsOf(await verified(log, store, [key.publicKey]))).toEqual([]);
    const anchored = (await log.head()).last;
    await writeRegistryHistory(log, 5, seeded(7));
    const report = await verified(log, store, [key.publicKey]);
    expect(findingsOf(report)).toEqual([]);
    expect(report.places[0]?.anchored).toBe(anchored);
    expect(report.last).toBeGreaterThan(anchored);
  });

  it('names the event whose body was changed, each of them, also the last', async () => {
    using bed = await anchoredLog();
    const messages = await messagesOf(bed.log);
    for (const [index, message] of messages.entries()) {
      const forged = holding(bed.log, messages.with(index, changed(message)));
      const report = await verified(forged, bed.store, [key.publicKey]);
      const { position } = message;
      expect(report.places[0]?.findings).toEqual([
        { kind: 'changed', position, what: expect.stringContaining(message.subject) },
      ]);
      // The next event of the aggregate does not follow any more.
      const next = messages.slice(index + 1).find(({ subject }) => subject === message.subject);
      const unlinked = next === undefined ? [] : [{ kind: 'unlinked', position: next.position }];
      expect(report.findings).toMatchObject(unlinked);
    }
  });

  it('names an event whose request id was moved into its body, where the hash stays the same', async () => {
    using bed = await anchoredLog();
    const subject = datasetSubject('moved');
    await bed.log.append(subject, toPosition(0), someEvent({ requestId: 'req-1' }));
    await anchorAll({ log: bed.log, store: bed.store, key });
    const messages = await messagesOf(bed.log);
    const last = messages.at(-1);
    if (last === undefined) throw new Error('There is no event');
    const header = Buffer.from(last.header).toString('latin1');
    const moved = {
      ...last,
      header: Buffer.from(header.replace(/ce-requestid: \S+\r\n/, ''), 'latin1'),
      data: Buffer.concat([Buffer.from('request req-1\n'), last.data]),
    };
    const forged = holding(bed.log, [...messages.slice(0, -1), moved]);
    const report = await verified(forged, bed.store, [key.publicKey]);
    expect(report.findings).toMatchObject([{ kind: 'unreadable', position: last.position }]);
  });

  it('tells of anchors that were there, and of events that none proves', async () => {
    using bed = await anchoredLog();
    const { log } = bed;
    const { signal } = new AbortController();
    const options = { log, keys: [key.publicKey], signal };
    const all = [{ name: 'test', store: bed.store, seen: 0 }];
    const late = Date.now() + 60_000;
    const whole = await verifyLog({ ...options, places: all, anchoredBeforeMs: late });
    expect(whole.places[0]).toMatchObject({ isBehind: false, findings: [] });
    await using empty = openFilePlace();
    const none = [{ name: 'test', store: empty.store, seen: 0 }];
    const unproved = await verifyLog({ ...options, places: none, anchoredBeforeMs: late });
    expect(unproved.places[0]).toMatchObject({ isBehind: true, findings: [] });
    const early = await verifyLog({ ...options, places: none, anchoredBeforeMs: 0 });
    expect(early.places[0]).toMatchObject({ isBehind: false });
    const fewer = [{ name: 'test', store: bed.store, seen: 9 }];
    const removed = await verifyLog({ ...options, places: fewer, anchoredBeforeMs: late });
    const what = expect.stringMatching(/9 were there/) as string;
    expect(removed.places[0]?.findings).toMatchObject([{ kind: 'anchor', what }]);
  });

  it('names the event that was removed, each of them, whether or not the others moved up', async () => {
    using bed = await anchoredLog();
    const messages = await messagesOf(bed.log);
    for (const [index, { position }] of messages.slice(0, -1).entries()) {
      const left = messages.toSpliced(index, 1);
      const gap = await verified(holding(bed.log, left), bed.store, [key.publicKey]);
      const removed = { kind: 'removed', from: position, to: position };
      expect(gap.findings[0]).toEqual(removed);
      expect(gap.places[0]?.findings).toEqual([removed]);
      const closed = left.map((message, at) => movedTo(message, at + 1));
      const moved = await verified(holding(bed.log, closed), bed.store, [key.publicKey]);
      expect(moved.places[0]?.findings).toEqual([removed]);
    }
  });

  it('says how much is missing of a log that is an older one, of another one, and of none', async () => {
    using bed = await anchoredLog();
    const messages = await messagesOf(bed.log);
    const last = messages.length;
    const older = holding(bed.log, messages.slice(0, 20));
    expect((await verified(older, bed.store, [key.publicKey])).places[0]?.findings).toEqual([
      { kind: 'cut-off', from: 21, to: last },
    ]);
    const none = await verified(memoryLog(), bed.store, [key.publicKey]);
    expect(none.places[0]?.findings).toMatchObject([
      { kind: 'made-anew' },
      { kind: 'cut-off', from: 1, to: last },
    ]);
  });

  it('names the event whose body cannot be had, and reads on', async () => {
    using bed = await anchoredLog();
    const bad = [7, 8, 30].map(toPosition);
    const log = logWith(bed.log, {
      async *readRange(range) {
        for await (const batch of bed.log.readRange(range)) {
          const lost = batch.findLast(({ position }) => bad.includes(position));
          if (lost !== undefined) {
            const details = { position: lost.position };
            throw new RegistryError('ARTIFACT_MISSING', 'Cannot read the body', { details });
          }
          yield batch;
        }
      },
    });
    const report = await verified(log, bed.store, [key.publicKey]);
    const unreadable = report.findings.filter((finding) => finding.kind === 'unreadable');
    expect(unreadable.map(({ position }) => position)).toEqual(bad);
    expect(report.events).toBe((await bed.log.head()).last);
    expect(report.places[0]?.findings.map(({ kind }) => kind)).toEqual(bad.map(() => 'changed'));
  });

  it('believes no anchor that is not signed by a known key, was changed, is missing or is another one', async () => {
    using bed = await anchoredLog();
    const { log, store, anchorPath } = bed;
    const second = await store.read(log.name, 2);
    const first = decodeAnchor((await store.read(log.name, 1)) ?? Buffer.from(''));
    if (second === undefined || first === undefined) throw new Error('There are no anchors');
    const other = auditKey();
    const forged = { ...first.anchor, log: 'a'.repeat(64) };
    const cases: [string, Uint8Array, RegExp][] = [
      ['another key', encodeAnchor(first.anchor, other), /not signed by a known key/],
      ['our name, another key', encodeAnchor(first.anchor, { ...other, id: key.id }), /not signed/],
      ['a wrong digest', encodeAnchor(forged, key), /does not fit its hashes/],
      ['no anchor', Buffer.from('{}'), /no anchor/],
      ['no JSON', Buffer.from('hello'), /no anchor/],
      ['the second', second, /it is anchor 2/],
    ];
    const original = encodeAnchor(first.anchor, key);
    for (const [name, bytes, what] of cases) {
      writeFileSync(anchorPath(1), bytes);
      const { places } = await verified(log, store, [key.publicKey]);
      const [finding] = places[0]?.findings ?? [];
      expect(finding, name).toMatchObject({ kind: 'anchor', sequence: 1 });
      expect((finding as { what: string }).what, name).toMatch(what);
    }
    for (let at = 0; at < original.length; at += 13) {
      const flipped = Buffer.from(original);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      writeFileSync(anchorPath(1), flipped);
      const found = findingsOf(await verified(log, store, [key.publicKey]));
      expect(found, `byte ${at}`).not.toEqual([]);
    }
    writeFileSync(anchorPath(1), original);
    expect(findingsOf(await verified(log, store, [key.publicKey]))).toEqual([]);
    expect(findingsOf(await verified(log, store, [other.publicKey]))).not.toEqual([]);
  });

  it('notices an anchor that is missing before others', async () => {
    using bed = await anchoredLog();
    const files = new LocalfsPublisher(bed.folder.path).files;
    await files.remove('audit/REGISTRY/0/0000000001.json');
    const { places } = await verified(bed.log, bed.store, [key.publicKey]);
    const what = expect.stringMatching(/it is missing/) as string;
    expect(places[0]?.findings[0]).toMatchObject({ kind: 'anchor', sequence: 1, what });
  });
});
