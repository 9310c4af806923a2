import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kind } from '#domain/event';
import { type Position, toPosition } from '#domain/position';
import { systemClock } from '#flow/clock';
import type { EventLog, StoredMessage } from '#log/event-log';
import { logWith } from '#log/log-with';
import { parseSubject } from '#log/subjects';
import type { Projection, ProjectionDigest } from '#projections/projection';
import { Projector } from '#projections/projector';
import { memoryLog } from '#test/support/command-env';
import { takeFrom } from '#test/support/log-under-test';
import { forSeeds, type Seeded, seeded } from '#test/support/seed';
import { eventually } from '#test/support/wait';

/** A place where a projection keeps its state. */
export interface ProjectionStorage extends AsyncDisposable {
  /** Opens a projection on this storage; several may be open. */
  open(): Projection;
}

export interface ProjectionUnderTest {
  readonly stream: 'REGISTRY' | 'JOBS';
  readonly writeHistory: (log: EventLog, events: number, random: Seeded) => Promise<void>;
  /** The kind of aggregate whose events it reads. */
  readonly kind: Kind;
  /** Makes an empty storage. */
  readonly storage: () => Promise<ProjectionStorage>;
}

const EVENTS = 300;

/** What every projection promises. */
export function projectionConformance(name: string, subject: ProjectionUnderTest): void {
  describe(`projection: ${name}`, () => {
    const log = memoryLog(subject.stream);
    const storages: ProjectionStorage[] = [];
    let reference: ProjectionDigest;
    let last: Position;

    const fresh = async (): Promise<ProjectionStorage> => {
      const storage = await subject.storage();
      storages.push(storage);
      return storage;
    };

    /** The first event behind a position that the projection must read. */
    const neededAfter = async (after: number): Promise<Position> => {
      const messages = await messagesOf(log);
      const found = messages.find(
        (m) => m.position > after && parseSubject(m.subject).kind === subject.kind,
      );
      return toPosition(found?.position ?? 0);
    };

    beforeAll(async () => {
      await subject.writeHistory(log, EVENTS, seeded(1));
      last = (await log.head()).last;
      reference = await digestAfter(await fresh(), [log], 10_000);
    });
    afterAll(async () => {
      for (const storage of storages) await storage[Symbol.asyncDispose]();
    });

    it('reaches the last position and has a digest', () => {
      expect(reference.position).toBe(last);
      expect(reference.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    });

    it('has the same digest whether events come at once or one by one', async () => {
      for (const batchMax of [1, 7, 64]) {
        expect(await digestAfter(await fresh(), [log], batchMax)).toEqual(reference);
      }
    });

    it('has another digest one event earlier', async () => {
      const earlier = await digestAfter(await fresh(), [until(log, toPosition(last - 1))], 50);
      expect(earlier.digest).not.toBe(reference.digest);
    });

    it('counts an event once, however often it is delivered', async () => {
      await forSeeds(3, async (random) => {
        expect(await digestAfter(await fresh(), [repeating(log, random)], 20)).toEqual(reference);
      });
    });

    it('goes on from its checkpoint after it was closed anywhere', async () => {
      await forSeeds(3, async (random) => {
        const storage = await fresh();
        for (let to = 1 + random.int(80); to < last; to += 1 + random.int(80)) {
          await digestAfter(storage, [until(log, toPosition(to))], 16);
        }
        expect(await digestAfter(storage, [log], 16)).toEqual(reference);
      });
    });

    it('has the same digest after it was cleared and rebuilt', async () => {
      const storage = await fresh();
      await digestAfter(storage, [log], 64);
      const projection = storage.open();
      await projection.open();
      await projection.clear();
      expect((await projection.open()).position).toBe(0);
      await projection.close();
      expect(await digestAfter(storage, [log], 64)).toEqual(reference);
    });

    it('halts on an event that it cannot read and keeps what it has', async () => {
      const at = await neededAfter(last / 2);
      const broken = altered(log, (message) =>
        message.position === at ? { ...message, data: Buffer.from('{not json') } : message,
      );
      // In a batch with the next event of its subject, that one tells first: it does not follow the damaged one.
      await expectHalt(await fresh(), broken, at, /Cannot (read|apply) event/);
    });

    it('halts on an event of an unknown type', async () => {
      const at = await neededAfter(last / 3);
      const unknown = altered(log, (message) =>
        message.position === at
          ? withHeader(message, /ce-type: \w+/, 'ce-type: SomethingElse')
          : message,
      );
      await expectHalt(await fresh(), unknown, at, /unknown/);
    });

    it('halts on a gap in the stream', async () => {
      const at = toPosition(Math.floor(last / 2));
      const holed = altered(log, (message) => (message.position === at ? undefined : message));
      await expectHalt(await fresh(), holed, at, /is missing/);
    });

    it('halts when the log ends before its checkpoint, or is another log', async () => {
      const storage = await fresh();
      await digestAfter(storage, [log], 64);
      await expectHalt(
        storage,
        until(log, toPosition(5)),
        toPosition(last + 1),
        /last position is 5/,
      );
      const other: EventLog = {
        ...until(log, last),
        head: async () => ({ last, created: 'another' }),
      };
      await expectHalt(storage, other, toPosition(last + 1), /was created another/);
    });
  });
}

/** Runs a projector until it has applied the logs' last position, and gives the digest. */
export async function digestAfter(
  storage: ProjectionStorage,
  [log]: readonly [EventLog],
  batchMax: number,
): Promise<ProjectionDigest> {
  const projection = storage.open();
  const projector = new Projector({ projection, log, clock: systemClock, batchMax });
  projector.start();
  const { last } = await log.head();
  await eventually(`the projection to reach ${last}`, () => {
    const { status } = projector;
    if (status.state === 'halted') throw new Error(status.reason);
    return projector.position >= last && projector.caughtUp;
  });
  const digest = await projection.digest();
  await projector.stop();
  return digest;
}

async function expectHalt(
  storage: ProjectionStorage,
  log: EventLog,
  at: Position,
  reason: RegExp,
): Promise<void> {
  const projection = storage.open();
  const projector = new Projector({ projection, log, clock: systemClock, batchMax: 10 });
  projector.start();
  const halted = await eventually('the projector to halt', () => {
    const { status } = projector;
    return status.state === 'halted' ? status : undefined;
  });
  expect(halted.reason).toMatch(reason);
  const { position } = await projection.digest();
  expect(position).toBeLessThan(at);
  await projector.stop();
}

/** A log that holds nothing behind a position. */
function until(log: EventLog, end: Position): EventLog {
  return logWith(log, {
    head: async () => ({ ...(await log.head()), last: end }),
    async *follow(options) {
      for await (const batch of log.follow(options)) {
        const part = batch.filter((message) => message.position <= end);
        if (part.length > 0) yield part;
      }
    },
  });
}

/** A log whose messages are changed, or left out, on the way. */
function altered(
  log: EventLog,
  change: (message: StoredMessage) => StoredMessage | undefined,
): EventLog {
  return logWith(log, {
    async *follow(options) {
      for await (const batch of log.follow(options)) {
        const part = batch.flatMap((message) => change(message) ?? []);
        if (part.length > 0) yield part;
      }
    },
  });
}

/** A log that gives parts of what it gave before again, and whole batches twice. */
function repeating(log: EventLog, random: Seeded): EventLog {
  return logWith(log, {
    async *follow(options) {
      let before: StoredMessage[] = [];
      for await (const batch of log.follow(options)) {
        yield [...before.slice(random.int(before.length + 1)), ...batch];
        yield batch;
        before = [...before, ...batch].slice(-40);
      }
    },
  });
}

function withHeader(message: StoredMessage, from: RegExp, to: string): StoredMessage {
  const header = Buffer.from(message.header).toString('latin1').replace(from, to);
  return { ...message, header: Buffer.from(header, 'latin1') };
}

/** Reads every message of a log. */
export async function messagesOf(log: EventLog): Promise<StoredMessage[]> {
  return await takeFrom(log, 0, (await log.head()).last);
}
