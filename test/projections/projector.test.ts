import { describe, expect, it } from 'vitest';
import { type Position, START } from '#domain/position';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import type { StoredMessage } from '#log/event-log';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';
import { Projector } from '#projections/projector';
import { memoryLog } from '#test/support/command-env';
import { datasetSubject, someEvent } from '#test/support/events';
import { eventually } from '#test/support/wait';

/** A view in memory that can be told to fail, and to lose everything. */
class ForgetfulView implements Projection {
  readonly name = 'forgetful';
  applied: number[] = [];
  failsNext = false;
  holds = false;

  async open(): Promise<Checkpoint> {
    return { position: (this.applied.at(-1) ?? START) as Position, streamCreated: undefined };
  }

  async apply(batch: readonly StoredMessage[]): Promise<Position> {
    if (this.failsNext) {
      this.failsNext = false;
      this.applied = [];
      throw new Error('the file is damaged');
    }
    if (this.holds) await eventually('to go on', () => !this.holds);
    this.applied.push(...batch.map(({ position }) => position));
    return (this.applied.at(-1) ?? START) as Position;
  }

  async clear(): Promise<void> {
    this.applied = [];
  }

  async digest(): Promise<ProjectionDigest> {
    return { position: START, digest: '' };
  }

  async close(): Promise<void> {}
}

async function filledLog(events: number) {
  const log = memoryLog();
  for (let i = 0; i < events; i += 1) await log.append(datasetSubject(newId()), START, someEvent());
  return log;
}

describe('Projector', () => {
  it('does not claim what a view showed that had to begin anew', async () => {
    const log = await filledLog(9);
    const projection = new ForgetfulView();
    const projector = new Projector({ projection, log, clock: systemClock, batchMax: 2 });
    projector.start();
    await eventually('to be live', () => projector.position === 9 && projector.caughtUp);
    projection.failsNext = true;
    projection.holds = true;
    await log.append(datasetSubject(newId()), START, someEvent());
    await eventually('to begin anew', () => projector.position === 0);
    expect(projector.caughtUp).toBe(false);
    expect(projector.wasCaughtUp).toBe(true);
    projection.holds = false;
    await eventually('to be live again', () => projector.caughtUp);
    expect(projection.applied).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    await projector.stop();
  });

  it('restart() begins again at the checkpoint that is stored', async () => {
    const log = await filledLog(6);
    const projection = new ForgetfulView();
    const projector = new Projector({ projection, log, clock: systemClock, batchMax: 10 });
    projector.start();
    await eventually('to be live', () => projector.caughtUp);
    projection.applied = [1, 2];
    projector.restart();
    await eventually('to apply the rest again', () => projection.applied.length === 6);
    expect(projection.applied).toEqual([1, 2, 3, 4, 5, 6]);
    await eventually('to be live', () => projector.status.state === 'live');
    await projector.stop();
  });

  it('rebuild() throws the view away and applies every event again, from the first', async () => {
    const log = await filledLog(7);
    const projection = new ForgetfulView();
    const projector = new Projector({ projection, log, clock: systemClock, batchMax: 3 });
    projector.start();
    await eventually('to be live', () => projector.caughtUp);
    await projector.rebuild();
    await eventually('to be live again', () => projector.caughtUp);
    expect(projection.applied).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await projector.stop();
  });
});
