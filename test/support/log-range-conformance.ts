import { expect, it } from 'vitest';
import { START, toPosition } from '#domain/position';
import { parseScope } from '#domain/scope';
import { newId } from '#flow/new-id';
import type { EventLog, StoredMessage } from '#log/event-log';
import { type SubjectFilter, scopeFilter, subjectOf } from '#log/subjects';
import { datasetSubject, someEvent } from '#test/support/events';
import { bytesOf, type LogUnderTest, takeFrom } from '#test/support/log-under-test';
import { forSeeds } from '#test/support/seed';

/** What every event log promises of reading a range. */
export function rangePromises(subject: () => LogUnderTest): void {
  it('readRange() gives what is stored between two positions, once and in order, and ends', async () => {
    const { log, other } = subject();
    for (let i = 0; i < 30; i += 1)
      await log.append(datasetSubject(`range/${newId()}`), START, someEvent());
    const { last } = await log.head();
    const all = await takeFrom(log, 0, last);
    await forSeeds(20, async (random) => {
      const after = random.int(last);
      const upTo = after + random.int(last - after + 5);
      const batchMax = 1 + random.int(20);
      const found = await rangeOf(other, { after, upTo, batchMax });
      expect(found.map(bytesOf)).toEqual(all.slice(after, upTo).map(bytesOf));
    });
    expect(await rangeOf(other, { after: last, upTo: last + 10 })).toEqual([]);
  });

  it('readRange() gives only the subjects and times that are asked for', async () => {
    const { log } = subject();
    const scope = parseScope('range-filter', 'dev');
    const own = subjectOf({ scope, kind: 'dataset', id: 'a' });
    await log.append(own, START, someEvent());
    await log.append(datasetSubject(`range/${newId()}`), START, someEvent());
    const { last } = await log.head();
    const filter = scopeFilter(scope);
    const found = await rangeOf(log, { after: 0, upTo: last, filter });
    expect(found.map((m) => m.subject)).toEqual([own]);
    const sinceMs = (found[0]?.recordedAtMs ?? 0) + 60_000;
    expect(await rangeOf(log, { after: 0, upTo: last, sinceMs })).toEqual([]);
    const since = found[0]?.recordedAtMs ?? 0;
    const later = await rangeOf(log, { after: 0, upTo: last, sinceMs: since });
    expect(later.map((m) => m.position)).toContain(found[0]?.position);
    expect(later.every((m) => m.recordedAtMs >= since)).toBe(true);
  });

  it('readRange() ends when its signal aborts', async () => {
    const { log } = subject();
    const { last } = await log.head();
    const stop = new AbortController();
    let seen = 0;
    const range = { after: START, upTo: last, batchMax: 1, signal: stop.signal };
    for await (const batch of log.readRange(range)) {
      seen += batch.length;
      stop.abort();
    }
    expect(seen).toBe(1);
  });
}

async function rangeOf(
  log: EventLog,
  range: {
    readonly after: number;
    readonly upTo: number;
    readonly batchMax?: number;
    readonly sinceMs?: number;
    readonly filter?: SubjectFilter;
  },
): Promise<StoredMessage[]> {
  const { after, upTo, batchMax = 100, ...rest } = range;
  const found: StoredMessage[] = [];
  const { signal } = new AbortController();
  const bounds = { after: toPosition(after), upTo: toPosition(upTo) };
  for await (const batch of log.readRange({ ...bounds, batchMax, signal, ...rest })) {
    expect(batch.length).toBeGreaterThan(0);
    expect(batch.length).toBeLessThanOrEqual(batchMax);
    found.push(...batch);
  }
  return found;
}
